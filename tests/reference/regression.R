# Answers of R survey to regressions on the designs of random_designs.json.
# Run in this folder:  Rscript regression.R   -> regression_r.json, numbers with 15 significant digits.
# Fisher scoring goes on to 1e-15, and 30 steps more: near its end the deviance, by which R stops, changes with the square
# of the coefficients, and R's default of 1e-8 leaves 1e-6 in a standard error.
suppressPackageStartupMessages({library(survey); library(jsonlite)})
options(survey.lonely.psu = "fail", warn = -1)

plain <- function(x) unname(as.vector(x))
square <- function(v) { v <- as.matrix(v); attributes(v) <- list(dim = dim(v)); v }
formula_of <- function(names) if (length(names)) as.formula(paste("~", paste(names, collapse = "+"))) else ~1
tight <- glm.control(epsilon = 1e-15, maxit = 200)
fit <- function(...) {
  m <- do.call(svyglm, list(..., control = tight))
  for (step in 1:30) m <- do.call(svyglm, list(..., control = tight, start = coef(m)))
  m
}

declare <- function(d, data) {
  svydesign(ids = formula_of(d$psu), strata = formula_of(d$strata), weights = formula_of(d$weight),
            fpc = if (length(d$fpc)) formula_of(d$fpc) else NULL, data = data, nest = length(d$psu) > 0)
}

answer <- function(m) {
  s <- summary(m)
  list(est = plain(coef(m)), cov = square(vcov(m)), df = m$df.residual, p = plain(coef(s)[, 4]), ci = square(confint(m)),
       dispersion = plain(s$dispersion)[1], deviance = m$deviance, null = m$null.deviance)
}
wald <- function(m, f) { t <- regTermTest(m, f); list(F = t$Ftest[1], df = t$df, ddf = t$ddf, p = plain(t$p)) }
# the search for the saddlepoint stops with an error in some cases
lrt <- function(m, f, how) {
  t <- tryCatch(regTermTest(m, f, method = "LRT", lrt.approximation = how), error = function(e) NULL)
  if (is.null(t)) NULL else list(chisq = plain(t$chisq), lambda = plain(t$lambda), p = plain(t$p))
}
tests <- function(m, ...) lapply(list(...), function(f)
  list(term = deparse(f[[2]]), wald = wald(m, f), saddlepoint = lrt(m, f, "saddlepoint"),
       satterthwaite = lrt(m, f, "satterthwaite")))
measures <- function(m) list(aic = plain(AIC(m)), cox_snell = plain(psrsq(m)))

# The influence of average marginal effects of yes ~ x + region, by their formula, handed to svytotal.
effects <- function(m, d, control) {
  X <- model.matrix(m); w <- weights(d); b <- coef(m); N <- sum(w)
  p <- plain(1 / (1 + exp(-X %*% b))); r <- plain(model.frame(m)[[1]] - p)
  u_b <- (X * r) %*% solve(t(X) %*% (X * w * p * (1 - p)))
  slope <- p * (1 - p) * b[["x"]]
  g <- colSums(w * (p * (1 - p) * (1 - 2 * p) * b[["x"]]) * X) / N
  g[["x"]] <- g[["x"]] + sum(w * p * (1 - p)) / N
  fixed <- plain(u_b %*% g)
  out <- list(slope = sum(w * slope) / N, slope_fixed = plain(SE(svytotal(fixed, d))),
              slope_sampled = plain(SE(svytotal(fixed + (slope - sum(w * slope) / N) / N, d))))
  for (level in c("north", "west")) {
    X1 <- X0 <- X; X1[, c("regionnorth", "regionwest")] <- 0; X0[, c("regionnorth", "regionwest")] <- 0
    X1[, paste0("region", level)] <- 1
    p1 <- plain(1 / (1 + exp(-X1 %*% b))); p0 <- plain(1 / (1 + exp(-X0 %*% b)))
    g <- colSums(w * (p1 * (1 - p1) * X1 - p0 * (1 - p0) * X0)) / N
    fixed <- plain(u_b %*% g); gap <- p1 - p0
    out[[level]] <- list(est = sum(w * gap) / N, fixed = plain(SE(svytotal(fixed, d))),
                         sampled = plain(SE(svytotal(fixed + (gap - sum(w * gap) / N) / N, d))))
  }
  out
}
predmeans <- function(m) { s <- svypredmeans(m, ~factor(region)); list(levels = names(s), est = plain(coef(s)), cov = square(vcov(s))) }

ordinal <- function(d, method) {
  # hessian by differences: a step of 1e-6 leaves 1e-7, R's default of 1e-3 up to 1e-3
  o <- svyolr(class ~ x + region, d, method = method,
              control = list(reltol = 1e-16, maxit = 100000, ndeps = rep(1e-6, 5)))
  usual <- svyolr(class ~ x + region, d, method = method)
  list(est = plain(coef(o)), cov = square(vcov(o)), deviance = o$deviance, usual_se = plain(sqrt(diag(vcov(usual)))))
}

questions <- function(d) {
  d <- update(d, class = cut(number, c(-1, 1, 3, Inf)), short = m / 4)
  part <- subset(d, sex == 1 & y > 2)
  few <- subset(d, few == 1)
  cross <- svyglm(y ~ x + region * factor(sex), d, control = tight)
  logit <- svyglm(yes ~ x + region, d, family = quasibinomial(), control = tight)
  rate <- svyglm(number ~ region + log(x) + offset(log(y + 1)), d, family = quasipoisson(), control = tight)
  jack <- tryCatch(as.svrepdesign(d, mse = FALSE), error = function(e) NULL)
  out <- list(
    cross = c(answer(fit(y ~ x + region * factor(sex), d)), list(tests = tests(cross, ~x, ~region, ~region:factor(sex)))),
    missing = answer(fit(m ~ x * region, d)),
    domain = answer(fit(short ~ x + region, part)),
    few = answer(fit(y ~ x, few)),
    logit = c(answer(fit(yes ~ x + region, d, family = quasibinomial())), measures(logit), list(tests = tests(logit, ~x, ~region), effects = effects(logit, d),
              against = lrt(logit, ~x + region, "saddlepoint"))),
    logit_missing = answer(fit(myes ~ region * x, d, family = quasibinomial())),
    logit_domain = answer(fit(yes ~ x, part, family = quasibinomial())),
    probit = answer(fit(yes ~ x + region, d, family = quasibinomial(link = "probit"))),
    cloglog = answer(fit(yes ~ x + region, d, family = quasibinomial(link = "cloglog"))),
    rate = c(answer(fit(number ~ region + log(x) + offset(log(y + 1)), d, family = quasipoisson())), measures(rate), list(tests = tests(rate, ~region, ~log(x)))),
    rate_domain = answer(fit(number ~ x, part, family = quasipoisson())),
    gamma = answer(fit(y ~ region + x, d, family = Gamma(link = "log"))),
    contrasts = answer(fit(y ~ region + poly(x, 2), d, contrasts = list(region = "contr.sum"))),
    predicted = { p <- predict(cross, type = "link", se.fit = TRUE); list(est = plain(coef(p))[1:20], se = plain(SE(p))[1:20]) },
    predmeans = predmeans(svyglm(y ~ x, d, control = tight)),
    predmeans_logit = predmeans(svyglm(yes ~ x, d, family = quasibinomial(), control = tight)),
    ordinal = ordinal(d, "logistic"), ordinal_probit = ordinal(d, "probit"), ordinal_loglog = ordinal(d, "cloglog"))
  out
}

# Replicate weights: JKn made here and fitted by R; the same replicates are made by childdata.
jackknife <- function(d) {
  j <- as.svrepdesign(d, type = "JKn", mse = FALSE)
  list(gaussian = answer(fit(y ~ x + region, j)),
       logit = answer(fit(yes ~ x + region, j, family = quasibinomial())),
       domain = answer(fit(m ~ x, subset(j, sex == 1))))
}

designs <- fromJSON("random_designs.json")
wanted <- c("two_stages", "three_stages", "certainty", "unequal", "normalised", "elements")
answers <- lapply(setNames(wanted, wanted), function(name) {
  d <- designs[[name]]
  data <- read.csv(paste0("random_", d$data, ".csv"))
  questions(declare(d, data))
})
answers$jackknife <- local({ d <- designs$normalised; jackknife(declare(d, read.csv("random_normalised.csv"))) })
answers$versions <- list(R = R.version.string, survey = as.character(packageVersion("survey")))
write_json(answers, "regression_r.json", digits = I(15), auto_unbox = TRUE, na = "null", pretty = FALSE)
