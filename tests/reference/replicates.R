# Answers of R survey under replicate weights: given as columns, and made from strata and PSUs.
# Run in this folder after make_replicates.py:  Rscript replicates.R   -> replicates_r.json, 17 significant digits.
suppressPackageStartupMessages({library(survey); library(jsonlite)})
options(warn = -1)

plain <- function(x) unname(as.vector(x))
square <- function(v) { v <- as.matrix(v); dimnames(v) <- NULL; attributes(v) <- list(dim = dim(v)); v }

answers <- function(d) {
  total <- svytotal(~y + x, d); mean <- svymean(~y, d); ratio <- svyratio(~y, ~x, d)
  by <- svyby(~y, ~region, d, svymean, covmat = TRUE)
  list(df = degf(d), scale = d$scale, rscales = plain(d$rscales), replicates = ncol(weights(d, "analysis")),
       total = list(est = plain(coef(total)), cov = square(vcov(total))),
       mean = list(est = plain(coef(mean)), se = plain(SE(mean))),
       ratio = list(est = plain(coef(ratio)), se = plain(SE(ratio))),
       region = list(est = plain(coef(by)), cov = square(vcov(by))))
}

given <- read.csv("replicates_given.csv")
columns <- sprintf("rep%02d", 1:12); factors <- paste0("factor", 1:12)
stratified <- rep(c(1/2, 2/3, 3/4), c(2, 6, 4))
declare <- function(type, mse, names = columns, combined = TRUE, ...)
  answers(svrepdesign(data = given, weights = ~w, repweights = given[, names], type = type, mse = mse,
                      combined.weights = combined, ...))
centres <- function(type, ...) list(estimate = declare(type, TRUE, ...), mean = declare(type, FALSE, ...))
given_answers <- list(
  BRR = centres("BRR"), Fay = centres("Fay", rho = 0.5), Fay3 = centres("Fay", rho = 0.3), JK1 = centres("JK1"),
  JK1_fpc = centres("JK1", scale = 11 / 12 * 0.8), JKn = centres("JKn", rscales = stratified), JK2 = centres("JK2"),
  bootstrap = centres("bootstrap"), SDR = centres("successive-difference"), ACS = centres("ACS"),
  other = centres("other", scale = 0.07, rscales = seq(0.5, 1.6, 0.1)),
  other_zero = centres("other", scale = 0.07, rscales = c(0, rep(1, 11))),
  factors = centres("bootstrap", names = factors, combined = FALSE))

pairs <- read.csv("replicates_pairs.csv"); strata <- read.csv("replicates_strata.csv")
signs <- unname(as.matrix(read.csv("replicates_hadamard.csv", header = FALSE)))
two <- svydesign(~psu, strata = ~stratum, weights = ~w, data = pairs)
plainly <- svydesign(~psu, strata = ~stratum, weights = ~w, data = strata)
finite <- svydesign(~psu, strata = ~stratum, weights = ~w, fpc = ~population, data = strata)
pooled <- svydesign(~psu, weights = ~w, fpc = rep(90, nrow(strata)), data = strata)
even <- svydesign(~psu, strata = ~stratum, weights = ~w,
                  data = subset(strata, stratum %in% c("s01", "s02", "s04")))
both <- function(design, ...) list(
  estimate = answers(as.svrepdesign(design, mse = TRUE, ...)), mean = answers(as.svrepdesign(design, mse = FALSE, ...)))
made <- list(
  BRR = both(two, type = "BRR", hadamard.matrix = signs), BRR_own = both(two, type = "BRR"),
  Fay = both(two, type = "Fay", fay.rho = 0.3, hadamard.matrix = signs), JKn_pairs = both(two, type = "JKn"),
  JKn = both(plainly, type = "JKn"), JKn_fpc = both(finite, type = "JKn"), JK1_fpc = both(pooled, type = "JK1"),
  BRR_split = both(even, type = "BRR", large = "split"), BRR_merge = both(even, type = "BRR", large = "merge"))

# With its default survey.drop.replicates = TRUE, svytotal() of 4.1.1 under mse = TRUE adds sum(rscales) x (total of the
# strata taken whole)^2 to the variance; without that option it does not.
options(survey.drop.replicates = FALSE)
made$JKn_fpc_kept <- both(finite, type = "JKn")
options(survey.drop.replicates = TRUE)

# a stratum of one PSU: the last PSU of the first stratum is left out
alone <- subset(strata, psu != 2)
lonely <- list()
for (rule in c("certainty", "adjust")) {
  options(survey.lonely.psu = rule)
  lonely[[rule]] <- both(svydesign(~psu, strata = ~stratum, weights = ~w, data = alone), type = "JKn")
}
options(survey.lonely.psu = "certainty")
lonely$certainty_fpc <- both(svydesign(~psu, strata = ~stratum, weights = ~w, fpc = ~population, data = alone), type = "JKn")
options(survey.lonely.psu = "average")
taylor <- svytotal(~y + x, svydesign(~psu, strata = ~stratum, weights = ~w, fpc = ~population, data = alone))
lonely$average_taylor <- list(est = plain(coef(taylor)), cov = square(vcov(taylor)))

# joined in pairs: two strata of one PSU each, and the pairs of the rest
options(survey.lonely.psu = "fail")
joined <- subset(pairs, !(psu %in% c(2, 6)))
merged <- both(svydesign(~psu, strata = ~stratum, weights = ~w, data = joined), type = "BRR", small = "merge")

writeLines(toJSON(list(
  made_with = list(R = R.version.string, survey = as.character(packageVersion("survey"))),
  given = given_answers, made = made, lonely = lonely, merged = merged), digits = NA, auto_unbox = TRUE, pretty = FALSE),
  "replicates_r.json")
