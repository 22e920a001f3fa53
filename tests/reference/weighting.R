# Answers of R survey on post-stratification, raking, calibration and trimming, on the designs of random_designs.json.
# Run in this folder:  Rscript weighting.R   -> weighting_r.json, numbers with 15 significant digits and more.
suppressPackageStartupMessages({library(survey); library(jsonlite)})
options(survey.lonely.psu = "fail", warn = -1)

plain <- function(x) unname(as.vector(x))
square <- function(v) { v <- as.matrix(v); dimnames(v) <- NULL; v }
formula_of <- function(names) if (length(names)) as.formula(paste("~", paste(names, collapse = "+"))) else ~1
declare <- function(d, data) {
  svydesign(ids = formula_of(d$psu), strata = formula_of(d$strata), weights = formula_of(d$weight),
            fpc = if (length(d$fpc)) formula_of(d$fpc) else NULL, data = data, nest = length(d$psu) > 0)
}

# Weights in five numbers, the last of which knows their order.
describe <- function(w) c(sum(w), sum(w^2), min(w), max(w), sum(w * seq_along(w)))
# Totals and means of y and yes, the ratio y / x, the mean of y in a domain: values and covariances; and the weights.
answers <- function(d) {
  parts <- list(total = svytotal(~y + yes, d), mean = svymean(~y + yes, d), ratio = svyratio(~y, ~x, d),
                domain = svymean(~y + yes, subset(d, sex == 1)))
  c(lapply(parts, function(s) list(est = plain(coef(s)), cov = square(vcov(s)))),
    list(weight = describe(plain(weights(d, "sampling")))))
}

# Known totals: those the sample estimates, moved by fixed factors, with one sum for all margins.
moved <- function(table, step) {
  factor <- 1 + step * seq(-1, 1, length.out = length(table))
  table * factor * sum(table) / sum(table * factor)
}
frame_of <- function(v, name) { f <- data.frame(names(v), as.numeric(v)); names(f) <- c(name, "Freq"); f }

TIGHT <- 1e-13
known <- function(d) {
  region <- moved(svytable(~region, d), 0.15)
  sex <- moved(svytable(~sex, d), -0.1)
  both <- moved(svytable(~region + sex, d), 0.2)
  list(region = region, sex = sex, both = both, x = 1.04 * plain(coef(svytotal(~x, d))), all = sum(region))
}
population <- function(t) {
  c(`(Intercept)` = t$all, regionnorth = t$region[["north"]], regionwest = t$region[["west"]], x = t$x)
}
margins <- function(t) {
  c(`(Intercept)` = t$all, regionnorth = t$region[["north"]], regionwest = t$region[["west"]],
    `factor(sex)2` = t$sex[["2"]])
}

raked <- function(d, t) {
  sex <- frame_of(t$sex, "sex"); sex$sex <- as.integer(as.character(sex$sex))
  rake(d, list(~region, ~sex), list(frame_of(t$region, "region"), sex), control = list(maxit = 500, epsilon = 1e-14))
}
steps <- function(d, t, clustered) {
  full <- ~region + x
  fitted <- function(...) calibrate(d, full, population(t), epsilon = TIGHT, maxit = 200, ...)
  both <- as.data.frame(t$both); both$sex <- as.integer(as.character(both$sex))
  region <- postStratify(d, ~region, frame_of(t$region, "region"))
  greg <- fitted(calfun = "linear")
  limits <- range(weights(d, "sampling")) * c(0.9, 1.12)
  trimmed <- quantile(weights(greg), c(0.1, 0.85), names = FALSE)
  out <- list(
    poststratify = region,
    poststratify_crossed = postStratify(d, ~region + sex, both),
    rake = raked(d, t),
    rake_calibrated = calibrate(d, ~region + factor(sex), margins(t), calfun = "raking", epsilon = TIGHT, maxit = 200),
    linear = greg,
    linear_variance = fitted(calfun = "linear", variance = d$variables$x),
    ratio = calibrate(d, ~x - 1, c(x = t$x), variance = d$variables$x),
    raking = fitted(calfun = "raking"),
    logit = fitted(calfun = "logit", bounds = c(0.6, 1.5)),
    truncated = fitted(calfun = "linear", bounds = c(0.8, 1.22)),
    raking_bounded = fitted(calfun = "raking", bounds = c(0.8, 1.22)),
    cut = suppressMessages(fitted(calfun = "raking", trim = c(0.9, 1.1))),
    trimmed = trimWeights(greg, lower = trimmed[1], upper = trimmed[2]),
    trimmed_strict = try(trimWeights(greg, upper = trimmed[2], strict = TRUE), TRUE),
    plain_trimmed = trimWeights(d, upper = quantile(weights(d), 0.7, names = FALSE)),
    stepwise = calibrate(region, full, population(t))
  )
  if (!is.null(limits)) out$weight_bounds <- try(fitted(calfun = "linear", bounds = limits, bounds.const = TRUE), TRUE)
  if (clustered) {
    out$aggregate <- calibrate(d, full, population(t), aggregate.stage = 1)
    out$aggregate_raking <- calibrate(d, full, population(t), aggregate.stage = 1, calfun = "raking",
                                      epsilon = TIGHT, maxit = 200)
  }
  list(steps = out, trim_limits = trimmed, plain_limit = quantile(weights(d), 0.7, names = FALSE), weight_limits = limits)
}
one <- function(d, clustered) {
  t <- known(d)
  made <- steps(d, t, clustered)
  list(known = list(region = as.list(t$region), sex = as.list(t$sex), x = t$x, all = t$all,
                    both = as.data.frame(t$both, stringsAsFactors = FALSE)),
       trim_limits = made$trim_limits, plain_limit = made$plain_limit, weight_limits = made$weight_limits,
       answers = lapply(made$steps, function(s) if (inherits(s, "try-error")) NULL else answers(s)))
}

# Replicate weights are adjusted one by one.
replicated <- function(d) {
  t <- known(d)
  r <- as.svrepdesign(d, type = "JKn", compress = FALSE)
  two <- list(poststratify = postStratify(r, ~region, frame_of(t$region, "region")),
              rake = raked(r, t),
              linear = calibrate(r, ~region + x, population(t), compress = FALSE),
              raking = calibrate(r, ~region + x, population(t), calfun = "raking", epsilon = TIGHT, maxit = 200,
                                 compress = FALSE))
  lapply(two, answers)
}

designs <- fromJSON("random_designs.json", simplifyVector = FALSE)
out <- list(made_with = list(R = as.character(getRversion()), survey = as.character(packageVersion("survey"))))
for (name in c("two_stages", "ultimate", "first_fpc", "three_stages", "certainty", "unequal", "normalised", "elements")) {
  plan <- designs[[name]]
  data <- read.csv(paste0("random_", plan$data, ".csv"))
  # with zeros R's rake() and trimWeights() divide zero by zero
  data <- data[data$weight > 0, ]
  d <- declare(list(psu = unlist(plan$psu), strata = plan$strata, fpc = unlist(plan$fpc), weight = plan$weight), data)
  out[[name]] <- one(d, name %in% c("two_stages", "ultimate", "first_fpc", "certainty"))
  if (name %in% c("ultimate", "unequal")) out[[name]]$replicates <- replicated(d)
}
data(api)
clus1 <- svydesign(id = ~dnum, weights = ~pw, data = apiclus1, fpc = ~fpc)
tight <- calibrate(clus1, ~stype + api99, c(`(Intercept)` = 6194, stypeH = 755, stypeM = 1018, api99 = 3914069),
                   calfun = "raking", epsilon = 1e-14, maxit = 100)
total <- svytotal(~enroll, tight); mean <- svymean(~api00, tight)
out$apiclus1_raking <- list(total = plain(coef(total)), total_se = plain(SE(total)), mean = plain(coef(mean)),
                            mean_se = plain(SE(mean)), w_range = range(weights(tight)))
write(toJSON(out, digits = NA, auto_unbox = TRUE, na = "null", null = "null"), "weighting_r.json")
