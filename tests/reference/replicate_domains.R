# Answers of R survey on parts of a survey with replicate weights: the degrees of freedom of a subset, what its tests
# and regressions make of them, and quantiles by Woodruff's interval with the replicate variance of the distribution.
# Run in this folder:  Rscript replicate_domains.R   -> replicate_domains_r.json, 15 significant digits and more.
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

POINTS <- c(0.25, 0.5, 0.8)
# svyquantile() takes the interval "mean" for all of interval.type = "mean", "xlogit", "beta" and "asin" under replicate
# weights; the others are those of the function that it calls.
woodruff <- function(formula, d, rule = "hf1", types = c("mean", "xlogit", "beta", "asin"), ...) {
  one <- function(type) {
    if (type %in% c("mean", "quantile"))
      return(square(svyquantile(formula, d, POINTS, interval.type = type, qrule = rule, ...)[[1]]))
    x <- d$variables[[all.vars(formula)]]; known <- d[!is.na(x), ]; x <- x[!is.na(x)]
    qrule <- getFromNamespace(paste0("qrule_", rule), "survey"); w <- weights(known, "sampling")
    square(t(sapply(POINTS, function(p) {
      q <- qrule(x, w, p)
      ci <- survey:::woodruffCI(x, q, p, known, qrule, 0.05, degf(known), method = type)
      c(q, ci, diff(ci) / (2 * qt(0.975, degf(known))))
    })))
  }
  sapply(types, one, simplify = FALSE)
}
tested <- function(h) list(statistic = plain(h$statistic), df = plain(h$parameter), p = plain(h$p.value))

answers <- function(d) {
  east <- subset(d, region == "east"); few <- subset(d, region == "west" & big == 1)
  cells <- unique(d$variables[order(d$variables$big, d$variables$region), c("big", "region")])
  df_of <- function(b, r) degf(subset(d, big == b & region == r))
  share <- function(part, method) plain(attr(svyciprop(~I(class == 1), part, method = method), "ci"))
  fit <- svyglm(m ~ x, few)
  list(df = degf(d), df_all = degf(subset(d, w > 0)),
       df_by = sapply(c("east", "north", "west"), function(r) degf(subset(d, region == r))),
       df_crossed = list(big = cells$big, region = cells$region, df = mapply(df_of, cells$big, cells$region)),
       mean = list(est = plain(coef(svymean(~y, few))), se = plain(SE(svymean(~y, few))),
                   normal = plain(confint(svymean(~y, few))),
                   t = plain(confint(svymean(~y, few), df = degf(few)))),
       share = list(xlogit = share(few, "xlogit"), beta = share(few, "beta"), asin = share(few, "asin")),
       glm = list(est = plain(coef(fit)), se = plain(SE(fit)), df = fit$df.residual),
       ttest = tested(svyttest(m ~ big, east)), ranktest = tested(svyranktest(m ~ big, east)),
       chisq = tested(svychisq(~class + big, east)),
       quantile = woodruff(~y, d), half = woodruff(~y, d, "hf7"),
       quantile_domain = woodruff(~y, east), quantile_missing = woodruff(~m, subset(d, region == "west"), na.rm = TRUE),
       direct = woodruff(~y, east, types = "quantile"))
}

given <- prepared("given")
declare <- function(type, mse, ..., names = sprintf("rep%02d", 1:12), combined = TRUE)
  answers(svrepdesign(data = given, weights = ~w, repweights = given[, names], type = type, mse = mse,
                      combined.weights = combined, ...))
centres <- function(type, ...) list(estimate = declare(type, TRUE, ...), mean = declare(type, FALSE, ...))
given_answers <- list(
  Fay = centres("Fay", rho = 0.5), JKn = centres("JKn", rscales = rep(c(1/2, 2/3, 3/4), c(2, 6, 4))),
  JK1 = centres("JK1", scale = 11 / 12), bootstrap = centres("bootstrap"),
  other = centres("other", scale = 0.07, rscales = rep(1, 12)),
  factors = centres("bootstrap", names = paste0("factor", 1:12), combined = FALSE))

pairs <- prepared("pairs"); strata <- prepared("strata")
signs <- unname(as.matrix(read.csv("replicates_hadamard.csv", header = FALSE)))
two <- svydesign(~psu, strata = ~stratum, weights = ~w, data = pairs)
plainly <- svydesign(~psu, strata = ~stratum, weights = ~w, data = strata)
flat <- svydesign(~psu, weights = ~w, data = transform(strata, psu = interaction(stratum, psu)))
both <- function(design, ...) list(
  estimate = answers(as.svrepdesign(design, mse = TRUE, ...)), mean = answers(as.svrepdesign(design, mse = FALSE, ...)))
made <- list(BRR = both(two, type = "BRR", hadamard.matrix = signs), JKn = both(plainly, type = "JKn"),
             JK1 = both(flat, type = "JK1"))

# quantiles of the linearised design count the PSUs of the records with an answer only
west <- subset(plainly, region == "west")
linearised <- list(df = degf(west), df_known = degf(subset(west, !is.na(m))),
                   quantile = square(svyquantile(~m, west, POINTS, na.rm = TRUE, qrule = "hf1")$m))

write(toJSON(list(made_with = list(R = R.version.string, survey = as.character(packageVersion("survey"))),
                  given = given_answers, made = made, linearised = linearised), digits = NA, auto_unbox = TRUE, na = "null"),
      "replicate_domains_r.json")
