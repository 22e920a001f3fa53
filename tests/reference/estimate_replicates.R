# Answers of R survey to whole questions under replicate weights: domains, margins, missing values, shares, ratios,
# contrasts that are not linear, quantiles, and the covariance of all of them.
# Run in this folder:  Rscript estimate_replicates.R   -> estimate_replicates_r.json, 15 significant digits and more.
# The data are those of make_replicates.py; m, class and big are made of them here as the test makes them.
suppressPackageStartupMessages({library(survey); library(jsonlite)})
options(warn = -1)

plain <- function(x) unname(as.vector(x))
square <- function(v) { v <- as.matrix(v); attributes(v) <- list(dim = dim(v)); v }
prepared <- function(name) {
  d <- read.csv(paste0("replicates_", name, ".csv"))
  d$m <- ifelse(seq_len(nrow(d)) %% 7 == 0, NA, d$y)
  d$class <- findInterval(d$y, c(2, 4))
  d$big <- as.integer(d$x > 5)
  d
}

# Everything that is asked, as one vector under one set of weights; withReplicates() gives its covariance.
everything <- function(w, d) {
  mean_of <- function(v, rule) sum((w * v)[rule & !is.na(v)]) / sum(w[rule & !is.na(v)])
  regions <- sort(unique(d$region)); all <- rep(TRUE, nrow(d))
  by_region <- function(v) sapply(regions, function(r) mean_of(v, d$region == r))
  crossed <- sapply(0:1, function(b) sapply(regions, function(r) mean_of(d$y, d$region == r & d$big == b)))
  ratio <- function(rule) sum((w * d$y)[rule]) / sum((w * d$x)[rule])
  y <- by_region(d$y)
  c(mean = mean_of(d$y, all), y, as.vector(t(crossed)),
    sapply(0:2, function(k) mean_of(as.numeric(d$class == k), all)),
    ratio(all), sapply(regions, function(r) ratio(d$region == r)),
    mean_of(d$m, all), by_region(d$m),
    sapply(regions, function(r) sum((w * d$m)[d$region == r], na.rm = TRUE)),
    y[["east"]] - y[["west"]], y[["east"]] / y[["west"]] - 1, log(mean_of(d$y, all)))
}

answers <- function(d) {
  joint <- withReplicates(d, everything)
  part <- function(s) list(est = plain(coef(s)), se = plain(SE(s)))
  both <- function(s) list(est = plain(coef(s)), cov = square(vcov(s)))
  q <- svyquantile(~y, d, c(0.25, 0.5, 0.8), interval.type = "quantile", qrule = "hf1")
  half <- svyquantile(~y, d, c(0.25, 0.5, 0.8), interval.type = "quantile", qrule = "hf7")
  list(df = degf(d), joint = both(joint),
       crossed = both(svyby(~y, ~big + region, d, svymean, covmat = TRUE)),
       shares = both(svymean(~factor(class), d)),
       missing = part(svymean(~m, d, na.rm = TRUE)),
       missing_by = part(svyby(~m, ~region, d, svymean, na.rm = TRUE)),
       ratio_by = part(svyby(~y, ~region, d, svyratio, denominator = ~x)),
       domain = both(svymean(~y + x, subset(d, region == "north" & x > 3))),
       quantile = list(hf1 = square(q$y), hf7 = square(half$y)))
}

given <- prepared("given")
declare <- function(type, mse, ..., names = sprintf("rep%02d", 1:12), combined = TRUE)
  answers(svrepdesign(data = given, weights = ~w, repweights = given[, names], type = type, mse = mse,
                      combined.weights = combined, ...))
centres <- function(type, ...) list(estimate = declare(type, TRUE, ...), mean = declare(type, FALSE, ...))
given_answers <- list(
  Fay = centres("Fay", rho = 0.5), JKn = centres("JKn", rscales = rep(c(1/2, 2/3, 3/4), c(2, 6, 4))),
  bootstrap = centres("bootstrap"), other_zero = centres("other", scale = 0.07, rscales = c(0, rep(1, 11))),
  factors = centres("bootstrap", names = paste0("factor", 1:12), combined = FALSE))

pairs <- prepared("pairs"); strata <- prepared("strata")
signs <- unname(as.matrix(read.csv("replicates_hadamard.csv", header = FALSE)))
two <- svydesign(~psu, strata = ~stratum, weights = ~w, data = pairs)
plainly <- svydesign(~psu, strata = ~stratum, weights = ~w, data = strata)
both <- function(design, ...) list(
  estimate = answers(as.svrepdesign(design, mse = TRUE, ...)), mean = answers(as.svrepdesign(design, mse = FALSE, ...)))
made <- list(BRR = both(two, type = "BRR", hadamard.matrix = signs), JKn = both(plainly, type = "JKn"),
             Fay = both(two, type = "Fay", fay.rho = 0.3, hadamard.matrix = signs))

# PSUs 1 and 3 of different strata: in a quarter of the half-samples nobody of them is left
halves <- as.svrepdesign(two, type = "BRR", hadamard.matrix = signs, mse = TRUE)
few <- svymean(~y, subset(halves, psu %in% c(1, 3)))

write(toJSON(list(made_with = list(R = R.version.string, survey = as.character(packageVersion("survey"))),
                  given = given_answers, made = made, few = list(est = plain(coef(few)), se = plain(SE(few)))),
             digits = NA, auto_unbox = TRUE, na = "null"), "estimate_replicates_r.json")
