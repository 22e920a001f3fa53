# Area models as random-effects meta-regressions: R metafor finds sigma2 by restricted and by full likelihood, by the
# equation of Fay and Herriot (there "PM") and by that of Prasad and Rao (there "HE"). Writes small_area_r.json, data and
# all; needs metafor and jsonlite.
#   Rscript tests/reference/small_area.R
suppressMessages({library(metafor); library(jsonlite)})
set.seed(20260418)

make <- function(m, sigma) {
  x1 <- rnorm(m); group <- rep(1:3, length.out = m)
  psi <- runif(m, 0.2, 3)^2 / 4
  y <- 10 + 1.5 * x1 - (group == 2) + rnorm(m, sd = sigma) + rnorm(m, sd = sqrt(psi))
  data.frame(y = round(y, 6), psi = round(psi, 6), x1 = round(x1, 6), group)
}
answer <- function(data, method) {
  fit <- rma(y, psi, mods = ~ x1 + factor(group), data = data, method = method, test = "z",
             control = list(threshold = 1e-13, tol = 1e-15, maxiter = 100000, tau2.max = 1e4))
  X <- model.matrix(~ x1 + factor(group), data)
  list(sigma2 = fit$tau2, beta = as.numeric(coef(fit)), covariance = unname(vcov(fit)), eblup = blup(fit)$pred,
       residual = rstandard(fit)$z, q = fit$QE, q_p = fit$QEp, loglik = as.numeric(fit$fit.stats["ll", "ML"]),
       restricted = as.numeric(fit$fit.stats["ll", "REML"]), log_xx = as.numeric(determinant(crossprod(X))$modulus))
}
methods <- c(reml = "REML", ml = "ML", fh = "PM", pr = "HE")
cases <- list(varied = make(40, 0.8), few = make(9, 1.5), none = make(30, 0))
result <- list(program = R.version.string, metafor = as.character(packageVersion("metafor")),
               cases = lapply(cases, function(d) list(data = as.list(d), fits = lapply(methods, function(m) answer(d, m)))))
write_json(result, "tests/reference/small_area_r.json", digits = NA, auto_unbox = TRUE)
