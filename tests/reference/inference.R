# Answers of R on contrasts, surveys that share PSUs, standardised means, adjusted p and simultaneous intervals.
# Run in this folder:  Rscript inference.R  -> inference_r.json, 15 significant digits or more.
suppressPackageStartupMessages({library(survey); library(multcomp); library(jsonlite)})
options(survey.lonely.psu = "fail", warn = -1)

plain <- function(x) unname(as.vector(x))
square <- function(v) { v <- as.matrix(v); attributes(v) <- list(dim = dim(v)); v }
answer <- function(s) list(est = plain(coef(s)), se = plain(sqrt(diag(as.matrix(vcov(s))))), cov = square(vcov(s)))

d <- read.csv("random_two_stages.csv")
d$small <- as.integer(d$y < 2)
design <- svydesign(id = ~unit1 + unit2, strata = ~stratum, fpc = ~size1 + size2, weights = ~weight, data = d)
simple <- svydesign(id = ~unit1, strata = ~stratum, weights = ~weight, data = d)

# contrasts, under linearisation and under replicate weights -----------------------------------------------------------
formulas <- list(quote(north/west), quote(log(north) - log(west)), quote(sqrt(north) * exp(-west/10)),
                 quote((north + east)/(2 * west) - 1), quote(north^2 - west^0.5))
linear <- list(c(east = 0, north = 1, west = -1), c(east = 0.25, north = 0.25, west = 0.5))
one <- function(b, q) { s <- svycontrast(b, q); list(est = plain(coef(s)), se = plain(sqrt(vcov(s)))) }
by_hand <- function(b, l) list(est = sum(l * coef(b)), se = plain(sqrt(t(l) %*% vcov(b) %*% l)))  # R's own fails on replicates
contrasts_of <- function(b) list(regions = names(coef(b)), means = answer(b), linear = lapply(linear, function(l) by_hand(b, l)),
                                 nonlinear = lapply(formulas, function(q) one(b, q)))
means <- svyby(~y, ~region, design, svymean, covmat = TRUE)
taylor <- c(contrasts_of(means), list(joint = answer(svycontrast(means, list(gap = quote(north - west), ratio = quote(north/west)))),
                                      own = lapply(linear, function(l) one(means, l))))
jkn <- as.svrepdesign(simple, type = "JKn")
replicate <- contrasts_of(svyby(~y, ~region, jkn, svymean, covmat = TRUE, return.replicates = TRUE))

# two waves of the same PSUs and the same units: stacked, as the textbook has it ----------------------------------------
second <- d; second$y <- round(0.6 * d$y + 0.8 * d$x / mean(d$x) + 0.1 * (d$number %% 3), 4)
second$weight <- round(d$weight * (1 + 0.1 * (d$sex == 1)), 6)
waves <- rbind(cbind(d, wave = 1), cbind(second, wave = 2))
stacked <- svydesign(id = ~unit1, strata = ~stratum, weights = ~weight, data = waves)
by_wave <- svyby(~y, ~wave, stacked, svymean, covmat = TRUE)
by_both <- svyby(~y, ~sex + wave, stacked, svymean, covmat = TRUE)
stages <- svydesign(id = ~unit1 + unit2, strata = ~stratum, fpc = ~size1 + size2, weights = ~weight, data = waves)
staged <- svyby(~y, ~wave, stages, svymean, covmat = TRUE)
change <- function(b) list(waves = answer(b), difference = answer(svycontrast(b, quote(`2` - `1`))),
                           ratio = answer(svycontrast(b, quote(`2`/`1`))),
                           annualised = answer(svycontrast(b, quote((`2`/`1`)^(1/5) - 1))))
overlap <- list(psu = change(by_wave), household = change(staged),
                gap_change = answer(svycontrast(by_both, quote((`2.2` - `1.2`) - (`2.1` - `1.1`)))),
                order = names(coef(by_both)))

# standardised means ---------------------------------------------------------------------------------------------------
d$age <- pmin(d$number, 3)
simple <- svydesign(id = ~unit1, strata = ~stratum, weights = ~weight, data = d)
standard <- data.frame(age = sort(unique(d$age)))
population <- seq_len(nrow(standard)) / sum(seq_len(nrow(standard)))
standardised <- svystandardize(simple, by = ~age, over = ~sex, population = population)
std <- lapply(1:2, function(k) answer(svymean(~y + small, subset(standardised, sex == k))))
cells <- svyby(~y, ~age + sex, simple, svymean, covmat = TRUE)  # R's own covariance of standardised domains fails
gap <- svycontrast(cells, list(gap = c(-population, population)))
whole <- svystandardize(simple, by = ~age, over = ~1, population = population)
standardise <- list(ages = standard$age, population = population, by_sex = std, gap = answer(gap), order = names(coef(cells)),
                    whole = answer(svymean(~y, whole)))

# families -------------------------------------------------------------------------------------------------------------
p <- c(0.0001, 0.012, 0.021, 0.021, 0.2, 0.7)
p_adjusted <- lapply(c(bonferroni = "bonferroni", holm = "holm", hochberg = "hochberg", bh = "BH", by = "BY"),
                   function(m) p.adjust(p, m))
means <- svyby(~y, ~region, design, svymean, covmat = TRUE)
K <- contrMat(table(factor(names(coef(means)))), "Tukey")
set.seed(1)
rounds <- function(f) rowMeans(sapply(1:40, function(k) f()))
levels3 <- c(3.0, 4.4, 5.6)  # means that differ, with the covariance of the regions
simple_glht <- glht(parm(levels3, vcov(means), df = degf(design)), linfct = K)
control <- GenzBretz(abseps = 1e-6, maxpts = 1e6)
family <- list(
  labels = rownames(K), est = plain(K %*% levels3), correlation = square(cov2cor(K %*% vcov(means) %*% t(K))), df = degf(design),
  t = plain(summary(simple_glht)$test$tstat),
  p = plain(rounds(function() as.vector(summary(simple_glht, test = adjusted("single-step", abseps = 1e-6, maxpts = 1e6))$test$pvalues))),
  critical = mean(replicate(40, qmvt(0.95, tail = "both.tails", df = degf(design), algorithm = control,
    corr = cov2cor(K[1:2, ] %*% vcov(means) %*% t(K[1:2, ])))$quantile)),
  tukey = sapply(c(5, 20, 60), function(nu) qtukey(0.95, 4, nu) / sqrt(2)))

out <- list(
  made_with = list(R = R.version.string, survey = as.character(packageVersion("survey")),
                   multcomp = as.character(packageVersion("multcomp")), mvtnorm = as.character(packageVersion("mvtnorm"))),
  taylor = taylor, replicate = replicate, overlap = overlap, standardise = standardise,
  adjusted = c(list(p = p), p_adjusted), family = family)
write_json(out, "inference_r.json", digits = NA, auto_unbox = TRUE, pretty = FALSE)
