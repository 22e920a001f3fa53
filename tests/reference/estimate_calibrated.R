# Answers of R survey to whole questions on post-stratified, raked and calibrated designs: means, totals, ratios, domains,
# covariances, quantiles with Woodruff's interval, and strata of one PSU by every rule.
# Run in this folder:  Rscript estimate_calibrated.R   -> estimate_calibrated_r.json, 15 significant digits and more.
suppressPackageStartupMessages({library(survey); library(jsonlite)})
options(survey.lonely.psu = "fail", warn = -1)

plain <- function(x) unname(as.vector(x))
square <- function(v) { v <- as.matrix(v); attributes(v) <- list(dim = dim(v)); v }
formula_of <- function(names) if (length(names)) as.formula(paste("~", paste(names, collapse = "+"))) else ~1
declare <- function(plan, data) {
  psu <- unlist(plan$psu); fpc <- unlist(plan$fpc)
  svydesign(ids = formula_of(psu), strata = formula_of(plan$strata), weights = formula_of(plan$weight),
            fpc = if (length(fpc)) formula_of(fpc) else NULL, data = data, nest = length(psu) > 0)
}

# Totals that are the sample's own, moved by fixed factors, and rounded so that they are the same numbers in the test.
moved <- function(table, step) {
  factor <- 1 + step * seq(-1, 1, length.out = length(table))
  t <- round(table * factor * sum(table) / sum(table * factor), 2)
  t
}
known <- function(d) {
  region <- moved(svytable(~region, d), 0.12); sex <- moved(svytable(~sex, d), -0.08)
  sex[length(sex)] <- sum(region) - sum(sex[-length(sex)])
  list(region = region, sex = sex, all = sum(region), x = round(1.03 * plain(coef(svytotal(~x, d))), 2))
}
framed <- function(v, name) {
  f <- data.frame(names(v), as.numeric(v)); names(f) <- c(name, "Freq")
  if (name == "sex") f$sex <- as.integer(as.character(f$sex))
  f
}
first <- function(t) c(`(Intercept)` = t$all, regionnorth = t$region[["north"]], regionwest = t$region[["west"]])
steps <- function(d, t) list(
  poststratified = postStratify(d, ~region, framed(t$region, "region")),
  raked = calibrate(d, ~region + factor(sex), c(first(t), `factor(sex)2` = t$sex[["2"]]), calfun = "raking",
                    epsilon = 1e-13, maxit = 200),
  calibrated = calibrate(d, ~region + x, c(first(t), x = t$x)))

part <- function(s) list(est = plain(coef(s)), cov = square(vcov(s)))
# svyby(covmat = TRUE) of 4.1.1 stops on every calibrated design ("number of items to replace is not a multiple"): the
# totals of y and 1 inside each domain have their covariance from svytotal(), their quotients from svycontrast().
domain_totals <- function(d, cell, names) {
  for (name in names) for (k in seq_along(unique(cell)))
    d$variables[[paste0(name, "_in_", k)]] <- (if (name == "one") 1 else d$variables[[name]]) * (cell == sort(unique(cell))[k])
  made <- as.vector(sapply(names, function(name) paste0(name, "_in_", seq_along(unique(cell)))))
  svytotal(formula_of(made), d)
}
domain_means <- function(d, cells, names) {
  # sex is the slower of two variables, as in the result of the library
  cell <- do.call(paste, cells); count <- length(unique(cell))
  asked <- as.vector(sapply(names, function(name) paste0(name, "_in_", 1:count, " / one_in_", 1:count)))
  part(svycontrast(domain_totals(d, cell, c(names, "one")), lapply(setNames(asked, asked), str2lang)))
}
POINTS <- c(0.1, 0.5, 0.75)
answers <- function(d) list(
  df = degf(d),
  mean = part(svymean(~y + yes + number, d)), total = part(svytotal(~y + yes + number, d)),
  ratio = { r <- svyratio(~y + yes, ~x, d); list(est = plain(coef(r)), se = plain(SE(r))) },
  shares = part(svymean(~factor(sex), d)),
  domain = part(svymean(~y + yes, subset(d, sex == 1 & y > 2))),
  domain_df = degf(subset(d, sex == 1 & y > 2)),
  by = domain_means(d, list(d$variables$sex), c("y", "yes")),
  by_region = domain_means(d, list(d$variables$sex, d$variables$region), "y"),
  by_total = part(domain_totals(d, d$variables$region, "y")),
  missing = { m <- svymean(~m, d, na.rm = TRUE); list(est = plain(coef(m)), se = plain(SE(m))) },
  auxiliary = { a <- svytotal(~x + factor(region), d); list(est = plain(coef(a)), se = plain(SE(a))) })

quantiles <- function(d) list(
  rules = lapply(setNames(nm = c("math", "school", "hf7")), function(rule)
    lapply(setNames(nm = c("mean", "beta", "xlogit")), function(type)
      square(svyquantile(~y, d, POINTS, interval.type = type, qrule = rule)$y))),
  domain = square(svyquantile(~y, subset(d, sex == 1), POINTS)$y),
  # what the interval rests on: the standard error of the share at or below the quantile
  at = sapply(POINTS, function(p) {
    q <- svyquantile(~y, d, p)$y[1]
    s <- svymean(~as.numeric(y <= q), d); c(plain(coef(s)), plain(SE(s))) }))

designs <- fromJSON("random_designs.json", simplifyVector = FALSE)
out <- list(made_with = list(R = R.version.string, survey = as.character(packageVersion("survey"))))
for (name in c("two_stages", "ultimate", "first_fpc", "three_stages", "unequal", "elements")) {
  data <- read.csv(paste0("random_", designs[[name]]$data, ".csv"))
  d <- declare(designs[[name]], data[data$weight > 0, ])
  t <- known(d); made <- steps(d, t)
  out[[name]] <- list(known = list(region = as.list(t$region), sex = as.list(t$sex), x = t$x, all = t$all),
                      answers = lapply(made, answers), quantiles = lapply(made, quantiles))
}

rules <- c(certainty = "remove", adjust = "adjust", average = "average")
for (name in c("lonely", "lonely_fpc")) {
  data <- read.csv(paste0("random_", designs[[name]]$data, ".csv"))
  out[[name]] <- list()
  for (rule in names(rules)) for (domain in c(FALSE, TRUE)) {
    options(survey.lonely.psu = rules[[rule]], survey.adjust.domain.lonely = domain)
    d <- declare(designs[[name]], data[data$weight > 0, ]); t <- known(d)
    out[[name]][[paste0(rule, if (domain) "_domain" else "")]] <- list(
      known = list(region = as.list(t$region), sex = as.list(t$sex), x = t$x, all = t$all),
      answers = lapply(steps(d, t), function(s) list(
        mean = part(svymean(~y + yes, s)), total = part(svytotal(~y + yes, s)),
        domain = part(svymean(~y + yes, subset(s, few == 1))))))
  }
}
write(toJSON(out, digits = NA, auto_unbox = TRUE, na = "null", null = "null"), "estimate_calibrated_r.json")
