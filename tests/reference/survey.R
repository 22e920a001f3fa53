# Answers of R survey to one list of questions on every design of random_designs.json.
# Run in this folder:  Rscript survey.R   -> survey_r.json, numbers with 15 significant digits.
suppressPackageStartupMessages({library(survey); library(jsonlite)})
options(survey.lonely.psu = "fail", survey.adjust.domain.lonely = FALSE, warn = -1)

plain <- function(x) unname(as.vector(x))
square <- function(v) { v <- as.matrix(v); dimnames(v) <- NULL; v }
formula_of <- function(names) if (length(names)) as.formula(paste("~", paste(names, collapse = "+"))) else ~1

declare <- function(d, data) {
  svydesign(ids = formula_of(d$psu), strata = formula_of(d$strata), weights = formula_of(d$weight),
            fpc = if (length(d$fpc)) formula_of(d$fpc) else NULL, data = data, nest = length(d$psu) > 0)
}

# value, covariance, design effects and intervals of a svystat
answer <- function(s, design, srs = TRUE) {
  out <- list(est = plain(coef(s)), cov = square(vcov(s)), normal = square(confint(s)),
              t = square(confint(s, df = degf(design))), t90 = square(confint(s, level = 0.9, df = degf(design))))
  if (srs) out$deff <- plain(deff(s))
  out
}
replace_deff <- function(f, design, what, ...) plain(deff(what(f, design, deff = "replace", ...)))
try_or_null <- function(x) tryCatch(x, error = function(e) list(error = conditionMessage(e)))

by_deff <- function(b) plain(as.matrix(b[, grep("^DEff", names(b)), drop = FALSE]))
by_keys <- function(b, by) lapply(setNames(by, by), function(k) as.character(b[[k]]))
domains <- function(b, by, design, srs = TRUE) {
  # Where a domain makes a stratum lonely, vcov() does not know of it in 4.1.1, but SE() does.
  out <- c(by_keys(b, by), list(est = plain(coef(b)), se = plain(as.matrix(SE(b))), cov = square(vcov(b)),
                                normal = square(confint(b)), t = square(confint(b, df = degf(design)))))
  if (srs) out$deff <- by_deff(b)
  out
}

VARS <- ~y + number + large + yes + rare + common
questions <- function(d) {
  regional <- svyby(~y + yes, ~region, d, svymean, covmat = TRUE)
  fine <- svyby(~y, ~region + sex, d, svymean, covmat = TRUE, deff = TRUE)
  means <- svymean(~y + x, d)
  halves <- list(r = subset(d, sex == 1 & y > 2), few = subset(d, few == 1))
  list(
    df = degf(d),
    mean = c(answer(svymean(VARS, d, deff = TRUE), d), list(replace = replace_deff(VARS, d, svymean))),
    total = c(answer(svytotal(VARS, d, deff = TRUE), d), list(replace = replace_deff(VARS, d, svytotal))),
    shares = answer(svymean(~region, d), d, FALSE),
    ratio = answer(svyratio(~y + yes, ~x, d), d, FALSE),
    ratio_deff = plain(deff(svyratio(~y, ~x, d, deff = TRUE))),
    region = domains(svyby(~y + yes, ~region, d, svymean, covmat = TRUE, deff = TRUE), "region", d),
    region_replace = by_deff(svyby(~y + yes, ~region, d, svymean, deff = "replace")),
    region_sex = domains(fine, c("region", "sex"), d),
    region_total = domains(svyby(~y + yes, ~region, d, svytotal, covmat = TRUE), "region", d, FALSE),
    region_ratio = domains(svyby(~y, denominator = ~x, ~region, d, svyratio, covmat = TRUE), "region", d, FALSE),
    region_df = sapply(sort(unique(d$variables$region)), function(r) degf(subset(d, region == r))),
    few = lapply(halves, function(s) list(
      df = degf(s), n = sum(weights(s, "sampling") != 0),
      mean = c(answer(svymean(~y + yes, s, deff = TRUE), s), list(replace = replace_deff(~y + yes, s, svymean))),
      total = answer(svytotal(~y, s, deff = TRUE), s), count = answer(svytotal(~I(0 * y + 1), s), s, FALSE),
      ratio = answer(svyratio(~y, ~x, s), s, FALSE))),
    missing = list(
      m = c(answer(svymean(~m, d, na.rm = TRUE, deff = TRUE), d),
            list(replace = replace_deff(~m, d, svymean, na.rm = TRUE))),
      total = answer(svytotal(~m, d, na.rm = TRUE), d, FALSE),
      listwise = answer(svymean(~m + myes, d, na.rm = TRUE), d, FALSE),
      ratio = answer(svyratio(~m, ~x, d, na.rm = TRUE), d, FALSE),
      # svyby(covmat = TRUE, na.rm = TRUE) stops with an error in 4.1.1, hence ratios of totals of products
      region = { b <- svyby(~m, ~region, d, svymean, na.rm = TRUE); list(est = plain(coef(b)), se = plain(SE(b))) },
      gap = { k <- update(d, known = as.numeric(!is.na(m)), filled = ifelse(is.na(m), 0, m),
                          east = as.numeric(region == "east"), west = as.numeric(region == "west"))
              t <- svytotal(~I(east * filled) + I(east * known) + I(west * filled) + I(west * known), k)
              names(t) <- c("ye", "ne", "yw", "nw"); s <- svycontrast(t, quote(ye / ne - yw / nw))
              c(plain(coef(s)), plain(SE(s))) },
      known_df = degf(subset(d, !is.na(m)))),
    contrast = list(
      linear = { s <- svycontrast(regional, c(1, 0, -1, 0, 0, 0)); c(plain(coef(s)), plain(SE(s))) },
      between = { s <- svycontrast(regional, c(0.5, 0, 0.5, 0, -1, 0)); c(plain(coef(s)), plain(SE(s))) },
      quotient = { s <- svycontrast(means, quote(y / x)); c(plain(coef(s)), plain(SE(s))) },
      logarithm = { s <- svycontrast(means, quote(log(y) - 2 * log(x))); c(plain(coef(s)), plain(SE(s))) },
      product = { s <- svycontrast(means, quote(y * x + exp(y / 10))); c(plain(coef(s)), plain(SE(s))) }),
    wald = { m <- svyglm(y ~ region, d); t <- regTermTest(m, ~region, df = degf(d)); c(t$Ftest, t$p, t$df) }
  )
}

POINTS <- c(0.1, 0.5, 0.75)
RULES <- c("math", "school", paste0("hf", 1:9))
# The ends of the score interval by its definition, from svymean at every observed value. (ffullerCI in 4.1.1 puts an
# unweighted share into the weighted quantile at its end, so its own answer is off wherever weights differ.)
score_ends <- function(d) {
  values <- sort(unique(d$variables$y[weights(d, "sampling") > 0]))
  t <- sapply(values, function(v) { m <- svymean(~as.numeric(y > v), d); c(coef(m), SE(m)) })
  limit <- qt(0.975, degf(d))
  lapply(setNames(nm = POINTS), function(p) {
    statistic <- (t[1, ] - (1 - p)) / t[2, ]
    statistic[!is.finite(statistic)] <- -Inf
    lapply(c(low = limit, high = -limit), function(l) {
      after <- which(statistic <= l)[1]
      list(values = values[c(after - 1, after)], gaps = abs(statistic[c(after - 1, after)] - l))
    })
  })
}
quantiles <- function(d) {
  cross <- lapply(setNames(RULES, RULES), function(rule)
    lapply(setNames(nm = c("mean", "beta", "xlogit", "asin")), function(type) try_or_null({
      q <- svyquantile(~y + number, d, POINTS, interval.type = type, qrule = rule)
      lapply(list(y = q$y, number = q$number), square)
    })))
  regional <- lapply(setNames(nm = c("math", "school", "hf7")), function(rule)
    lapply(setNames(nm = sort(unique(d$variables$region))), function(r)
      try_or_null(square(svyquantile(~y, subset(d, region == r), POINTS, qrule = rule)$y))))
  list(rules = cross, region = regional,
       score = score_ends(d),
       missing = square(svyquantile(~m, d, POINTS, na.rm = TRUE)$m),
       missing_beta = square(svyquantile(~m, d, POINTS, na.rm = TRUE, interval.type = "beta")$m),
       level90 = square(svyquantile(~y, d, POINTS, alpha = 0.1)$y))
}

intervals <- function(d) {
  ends <- function(f, method, level, ...)
    try_or_null(plain(attr(svyciprop(f, d, method = method, level = level, ...), "ci")))
  methods <- setNames(nm = c("xlogit", "beta", "asin", "mean", "logit"))
  list(yes = lapply(methods, function(m) ends(~yes, m, 0.95)), yes90 = lapply(methods, function(m) ends(~yes, m, 0.9)),
       rare = lapply(methods, function(m) ends(~rare, m, 0.95)),
       common = lapply(methods, function(m) ends(~common, m, 0.95)),
       myes = lapply(methods, function(m) ends(~myes, m, 0.95, na.rm = TRUE)))
}

alone <- function(d) {
  rules <- expand.grid(rule = c("certainty", "remove", "adjust", "average"), domain = c(FALSE, TRUE),
                       stringsAsFactors = FALSE)
  lapply(seq_len(nrow(rules)), function(k) {
    options(survey.lonely.psu = rules$rule[k], survey.adjust.domain.lonely = rules$domain[k])
    on.exit(options(survey.lonely.psu = "fail", survey.adjust.domain.lonely = FALSE))
    list(rule = rules$rule[k], domain = rules$domain[k], df = degf(d),
         mean = answer(svymean(~y + yes, d), d, FALSE), total = answer(svytotal(~y, d), d, FALSE),
         few = answer(svymean(~y + yes, subset(d, few == 1)), d, FALSE),
         few_total = answer(svytotal(~y, subset(d, few == 1)), d, FALSE),
         region = domains(svyby(~y, ~region, d, svymean, covmat = TRUE), "region", d, FALSE))
  })
}

designs <- fromJSON("random_designs.json", simplifyVector = FALSE)
out <- list(made_with = list(R = as.character(getRversion()), survey = as.character(packageVersion("survey"))))
for (name in names(designs)) {
  one <- designs[[name]]
  data <- read.csv(paste0("random_", one$data, ".csv"))
  d <- declare(list(psu = unlist(one$psu), strata = one$strata, fpc = unlist(one$fpc), weight = one$weight), data)
  if (startsWith(name, "lonely")) out[[name]] <- list(lonely = alone(d))
  else {
    out[[name]] <- list(questions = questions(d), intervals = intervals(d))
    if (name %in% c("two_stages", "ultimate", "unequal", "elements")) out[[name]]$quantiles <- quantiles(d)
  }
}
write(toJSON(out, digits = NA, auto_unbox = TRUE, na = "null", null = "null"), "survey_r.json")
