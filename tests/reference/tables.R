# Answers of R survey on tables of two variables, their tests, and comparisons of groups, for every random design.
# Run in this folder:  Rscript tables.R   -> tables_r.json, numbers with 15 significant digits and more.
#
# CompQuadForm, by which survey integrates, need not be there: the tails of sums of chi-squares are integrated here, by
# Imhof (1961), and the saddlepoint equation is solved here to the last digit (survey stops at 1e-8).
suppressPackageStartupMessages({library(survey); library(jsonlite)})
options(survey.lonely.psu = "fail", survey.adjust.domain.lonely = FALSE, warn = -1)

plain <- function(x) unname(as.vector(x))
square <- function(v) { v <- as.matrix(v); dimnames(v) <- NULL; v }
formula_of <- function(names) if (length(names)) as.formula(paste("~", paste(names, collapse = "+"))) else ~1

declare <- function(d, data) {
  svydesign(ids = formula_of(d$psu), strata = formula_of(d$strata), weights = formula_of(d$weight),
            fpc = if (length(d$fpc)) formula_of(d$fpc) else NULL, data = data, nest = length(d$psu) > 0)
}

# Eigenvalues of the generalised design effects, from the covariance of the cell shares and any basis of the contrasts.
effects_of <- function(d, row, col) {
  x <- d$variables
  cells <- interaction(factor(x[[row]]), factor(x[[col]]), lex.order = TRUE)
  m <- svymean(~cells, update(d, cells = cells), na.rm = TRUE)
  p <- coef(m)
  basis <- function(k) contr.helmert(k)
  C <- basis(nlevels(factor(x[[row]]))) %x% basis(nlevels(factor(x[[col]])))
  inverse <- diag(ifelse(p == 0, 0, 1 / p))
  n <- nrow(x)
  delta <- solve(t(C) %*% inverse %*% C / n, t(C) %*% inverse %*% vcov(m) %*% inverse %*% C)
  sort(Re(eigen(delta, only.values = TRUE)$values), decreasing = TRUE)
}

# P(sum of lambda_i chi-square(h_i) > x): Imhof (1961), Biometrika 48, 419-426.
imhof <- function(x, lambda, h) {
  theta <- function(u) 0.5 * colSums(h * atan(outer(lambda, u))) - 0.5 * x * u
  rho <- function(u) exp(0.25 * colSums(h * log1p(outer(lambda, u)^2)))
  # u = s / (1 - s) brings the line to (0, 1)
  f <- function(s) { u <- s / (1 - s); sin(theta(u)) / (u * rho(u)) / (1 - s)^2 }
  0.5 + integrate(f, 0, 1, rel.tol = 1e-11, subdivisions = 20000L)$value / pi
}

# The saddlepoint approximation, its equation solved to the last digit.
saddle <- function(x, lambda, h) {
  top <- max(lambda); lambda <- lambda / top; x <- x / top
  k0 <- function(z) -0.5 * sum(h * log(1 - 2 * z * lambda))
  k1 <- function(z) sum(h * lambda / (1 - 2 * z * lambda))
  k2 <- function(z) 2 * sum(h * lambda^2 / (1 - 2 * z * lambda)^2)
  low <- if (any(lambda < 0)) max(1 / (2 * lambda[lambda < 0])) * 0.99999 else -sum(h) / (2 * x)
  if (!any(lambda < 0) && x > sum(h * lambda)) low <- -0.01
  z <- uniroot(function(z) k1(z) - x, c(low, min(1 / (2 * lambda[lambda > 0])) * 0.99999), tol = 1e-16, maxiter = 1000)$root
  w <- sign(z) * sqrt(2 * (z * x - k0(z))); v <- z * sqrt(k2(z))
  c(z, pnorm(w + log(v / w) / w, lower.tail = FALSE))
}

chi <- function(d, row, col) {
  f <- as.formula(paste0("~", row, "+", col))
  one <- function(s) { t <- svychisq(f, d, statistic = s); list(stat = plain(t$statistic), par = plain(t$parameter), p = plain(t$p.value)) }
  out <- lapply(setNames(nm = c("F", "Chisq", "Wald", "adjWald", "saddlepoint")), one)
  lambda <- effects_of(d, row, col)
  nu <- out$Wald$par[2]
  ddf <- sum(lambda)^2 / sum(lambda^2) * nu
  x <- out$Chisq$stat
  out$effects <- lambda
  out$F_tail <- imhof(0, c(lambda, -x / ddf), c(rep(1, length(lambda)), ddf))
  out$F_saddle <- saddle(0, c(lambda, -x / ddf), c(rep(1, length(lambda)), floor(ddf)))
  out$chi_saddle <- saddle(x, lambda, rep(1, length(lambda)))
  # an odd tail decays too slowly for integrate(); two variables of chi-square(2) more make it fast, and test the same
  out$chi_tail_more <- imhof(x, c(lambda, 0.5, 0.7) * 1, c(rep(1, length(lambda)), 2, 2))
  out
}

shares <- function(d, na = FALSE) {
  x <- d$variables
  v <- if (na) "myes" else "yes"
  col <- factor(x[[v]])
  d <- update(d, region = factor(region), col = col, cells = interaction(factor(region), col, lex.order = TRUE))
  cell <- svymean(~cells, d, na.rm = TRUE, deff = TRUE)
  replaced <- deff(svymean(~cells, d, na.rm = TRUE, deff = "replace"))
  count <- svytotal(~cells, d, na.rm = TRUE)
  all <- svymean(~col, d, na.rm = TRUE)
  rows <- svymean(~region, subset(d, !is.na(col)))
  by <- svyby(~col, ~region, d, svymean, na.rm = TRUE, deff = "replace")
  back <- svyby(~region, ~col, subset(d, !is.na(col)), svymean)
  list(cell = list(est = plain(coef(cell)), cov = square(vcov(cell)), deff = plain(deff(cell)), replace = plain(replaced)),
       total = list(est = plain(coef(count)), cov = square(vcov(count))),
       row = list(est = plain(t(as.matrix(by[, 2:3]))), se = plain(t(as.matrix(SE(by)))), deff = plain(t(as.matrix(by[, grep("^DEff", names(by))])))),
       column = list(est = plain(as.matrix(back[, 2:(1 + nlevels(factor(x$region)))])), se = plain(as.matrix(SE(back)))),
       all = list(est = plain(coef(all)), se = plain(SE(all))), rows = list(est = plain(coef(rows)), se = plain(SE(rows))),
       df = degf(subset(d, !is.na(col))))
}

t_of <- function(t) list(t = plain(t$statistic), df = plain(t$parameter), p = plain(t$p.value), est = plain(t$estimate), ci = plain(t$conf.int))
means <- function(d) list(
  one = t_of(svyttest(y ~ 0, d)), paired = t_of(svyttest(I(x - y) ~ 0, d)), sex = t_of(svyttest(y ~ sex, d)),
  missing = t_of(svyttest(m ~ sex, d)), both = t_of(svyttest(m ~ myes, d)), share = t_of(svyttest(yes ~ sex, d)))

own <- function(r, N) (r / N)^2
ranks <- function(d, several = TRUE) {
  one <- function(f, test) { t <- svyranktest(f, d, test = test)
    list(t = plain(t$statistic), df = plain(t$parameter), p = plain(t$p.value), est = plain(t$estimate)) }
  # survey 4.1.1 has the names of statistic and parameter changed over where there are more than two groups
  many <- function(f, test) { t <- svyranktest(f, d, test = test)
    list(chisq = plain(t$parameter), df1 = plain(t$statistic), df2 = plain(t$ddf), p = plain(t$p.value)) }
  tests <- c("wilcoxon", "vanderWaerden", "median", "KruskalWallis")
  keep <- if (all(weights(d, "sampling") > 0)) tests else tests[-2]  # a record of weight 0 may have the rank 0
  out <- list(sex = lapply(setNames(nm = keep), function(t) one(y ~ sex, t)),
              ties = lapply(setNames(nm = keep), function(t) one(number ~ sex, t)),
              missing = lapply(setNames(nm = keep), function(t) one(m ~ myes, t)), own = one(y ~ sex, own))
  if (several) out$region <- lapply(setNames(nm = keep), function(t) many(y ~ factor(region), t))
  out
}

fit <- function(d) { g <- svygofchisq(~region, p = c(0.3, 0.4, 0.3), design = d)
  list(stat = plain(g$statistic), scale = plain(g$parameter)[1], df = plain(g$parameter)[2], p = plain(g$p.value)) }

answers <- function(d) {
  whole <- list(yes = chi(d, "region", "yes"), sex = chi(d, "sex", "yes"), missing = chi(d, "region", "myes"), many = chi(d, "group", "region"),
                zeros = chi(d, "top", "region"))
  half <- subset(d, y > 2 & sex == 1)
  list(df = degf(d), chisq = whole, domain = list(yes = chi(half, "region", "yes"), missing = chi(half, "region", "myes")),
       shares = shares(d), missing = shares(d, TRUE), ttest = means(d), ttest_domain = means(subset(d, y > 2)), rank = ranks(d),
       rank_domain = ranks(subset(d, y > 2)), fit = fit(d), fit_domain = fit(half))
}

replicated <- function(d) {
  statistics <- c("F", "Chisq", "Wald", "adjWald")
  one <- function(f, d) lapply(setNames(nm = statistics), function(s) { t <- svychisq(f, d, statistic = s)
    list(stat = plain(t$statistic), par = plain(t$parameter), p = plain(t$p.value)) })
  list(df = degf(d), scale = d$scale, rscales = plain(d$rscales), mse = d$mse,
       chisq = list(yes = one(~region + yes, d), missing = one(~region + myes, d), domain = one(~region + yes, subset(d, y > 2))),
       ttest = means(d), rank = ranks(d, FALSE), fit = fit(d))
}

# A post-stratified design: the variance is that of residuals, and a subset of it keeps all its rows, with weight zero.
calibrated <- function(d) {
  p <- postStratify(d, ~sex, data.frame(sex = 1:2, Freq = c(150, 220)))
  half <- subset(p, y > 2)
  list(chisq = list(yes = chi(p, "region", "yes"), missing = chi(p, "region", "myes")),
       domain = list(yes = chi(half, "region", "yes"), missing = chi(half, "region", "myes")),
       ttest = t_of(svyttest(y ~ yes, p)), ttest_domain = t_of(svyttest(y ~ yes, half)),
       rank = { t <- svyranktest(y ~ yes, p); list(t = plain(t$statistic), df = plain(t$parameter), p = plain(t$p.value), est = plain(t$estimate)) },
       fit = fit(p))
}

designs <- fromJSON("random_designs.json", simplifyVector = FALSE)
out <- list(made_with = list(R = as.character(getRversion()), survey = as.character(packageVersion("survey"))))
for (name in names(designs)) {
  one <- designs[[name]]
  data <- read.csv(paste0("random_", one$data, ".csv"))
  data$group <- pmin(data$number, 4)
  data$top <- pmin(data$number, 6)  # with cells without a record in some designs
  d <- declare(list(psu = unlist(one$psu), strata = one$strata, fpc = unlist(one$fpc), weight = one$weight), data)
  if (startsWith(name, "lonely")) {
    out[[name]] <- lapply(setNames(nm = c("certainty", "adjust", "average")), function(rule) {
      options(survey.lonely.psu = rule); on.exit(options(survey.lonely.psu = "fail"))
      list(yes = chi(d, "region", "yes"), ttest = t_of(svyttest(y ~ sex, d)))
    })
  } else out[[name]] <- answers(d)
  if (name == "normalised") {
    whole <- as.svrepdesign(d, type = "JKn", compress = FALSE)
    out$replicates <- replicated(whole)
    out$calibrated <- calibrated(d)
  }
}
write(toJSON(out, digits = NA, auto_unbox = TRUE, na = "null", null = "null"), "tables_r.json")
