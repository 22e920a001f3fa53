# Answers of R on poverty and inequality: laeken for the indices, survey for the standard errors that are contrasts of
# totals, and laeken's indices under the jackknife weights of survey. Data: random_inequality.csv (make_inequality.py).
# Run in this folder:  Rscript inequality.R   -> inequality_r.json, numbers with 15 significant digits and more.
suppressPackageStartupMessages({library(survey); library(laeken); library(jsonlite)})
x <- read.csv("random_inequality.csv")
x$region <- factor(x$region)
whole <- svydesign(ids = ~psu, strata = ~stratum, weights = ~w, data = x)
jack <- as.svrepdesign(whole, type = "JKn", mse = TRUE)
one <- function(s) list(estimate = unname(as.vector(coef(s))), se = unname(as.vector(SE(s))))
parts <- function(r) list(region = as.character(r$stratum), estimate = r$value)
by_region <- function(f, ...) parts(f(x$income, weights = x$w, breakdown = x$region, ...)$valueByStratum)

indices <- list(
  arpt = unname(arpt(x$income, weights = x$w, p = 0.6)),
  arpr = arpr(x$income, weights = x$w, p = c(0.4, 0.5, 0.6))$value / 100,
  arpr_region = by_region(arpr), gini_region = by_region(gini), qsr_region = by_region(qsr), rmpg_region = by_region(rmpg),
  rmpg = rmpg(x$income, weights = x$w)$value / 100,
  gini = gini(x$income, weights = x$w)$value / 100,
  qsr = qsr(x$income, weights = x$w)$value,
  quantiles = unname(weightedQuantile(x$income, x$w, probs = c(.1, .25, .5, .75, .9)))
)

# Smooth functions of means: y, y log y, log y, powers, of positive incomes, by the delta method on their covariance.
positive <- subset(update(whole, y = income, ylog = ifelse(income > 0, income * log(income), 0),
                          l = ifelse(income > 0, log(income), 0), y2 = income^2, root = sqrt(income),
                          inverse = ifelse(income > 0, 1 / income, 0)), income > 0)
m <- svymean(~y + ylog + l + y2 + root + inverse, positive)
smooth <- list(
  theil = one(svycontrast(m, quote(ylog / y - log(y)))),
  mld = one(svycontrast(m, quote(log(y) - l))),
  ge2 = one(svycontrast(m, quote((y2 / y^2 - 1) / 2))),
  ge_half = one(svycontrast(m, quote(-4 * (root / y^0.5 - 1)))),
  ge_minus_1 = one(svycontrast(m, quote((inverse * y - 1) / 2))),
  atkinson_half = one(svycontrast(m, quote(1 - root^2 / y))),
  atkinson_1 = one(svycontrast(m, quote(1 - exp(l) / y))),
  atkinson_2 = one(svycontrast(m, quote(1 - 1 / (inverse * y))))
)

# Between groups, from the totals of persons and incomes by region.
grouped <- update(positive, n1 = as.numeric(region == "north"), n2 = as.numeric(region == "south"),
                  n3 = as.numeric(region == "west"))
grouped <- update(grouped, y1 = n1 * y, y2 = n2 * y, y3 = n3 * y)
t <- svytotal(~n1 + n2 + n3 + y1 + y2 + y3 + ylog + l, grouped)
smooth$mld_between <- one(svycontrast(t, quote(log((y1 + y2 + y3) / (n1 + n2 + n3)) -
  (n1 * log(y1 / n1) + n2 * log(y2 / n2) + n3 * log(y3 / n3)) / (n1 + n2 + n3))))
smooth$mld_within <- one(svycontrast(t, quote(
  (n1 * log(y1 / n1) + n2 * log(y2 / n2) + n3 * log(y3 / n3)) / (n1 + n2 + n3) - l / (n1 + n2 + n3))))
smooth$theil_between <- one(svycontrast(t, quote((y1 * log(y1 / n1) + y2 * log(y2 / n2) + y3 * log(y3 / n3)) /
  (y1 + y2 + y3) - log((y1 + y2 + y3) / (n1 + n2 + n3)))))
smooth$theil_within <- one(svycontrast(t, quote((ylog - y1 * log(y1 / n1) - y2 * log(y2 / n2) - y3 * log(y3 / n3)) /
  (y1 + y2 + y3))))
smooth$ge2_between <- one(svycontrast(t, quote((((y1^2 / n1 + y2^2 / n2 + y3^2 / n3) * (n1 + n2 + n3)) /
  (y1 + y2 + y3)^2 - 1) / 2)))

# A fixed line: means of gaps, of all and of children, and Watts of positive incomes.
gaps <- update(whole, p0 = as.numeric(income < 150), p1 = pmax(150 - income, 0) / 150,
               p2 = (pmax(150 - income, 0) / 150)^2, on = as.numeric(income <= 150))
poverty <- list(
  fgt = one(svymean(~p0 + p1 + p2, gaps)), on_the_line = one(svymean(~on, gaps)),
  fgt_children = one(svymean(~p0 + p1 + p2, subset(gaps, age < 18))),
  watts = one(svymean(~I((income < 150) * log(150 / income)), subset(gaps, income > 0))),
  richness = one(svymean(~I(ifelse(income > 300, 1 - 300 / income, 0)), whole))
)

# Not smooth, or ranked: the same index under every jackknife weight.
ranks <- function(w, d) {
  line <- arpt(d$income, weights = w, p = 0.6)
  child <- d$age < 18
  c(line, arpr(d$income, weights = w, p = 0.6)$value / 100, sum(w[child] * (d$income[child] < line)) / sum(w[child]),
    rmpg(d$income, weights = w)$value / 100, gini(d$income, weights = w)$value / 100, qsr(d$income, weights = w)$value)
}
# The concentration of the tax by mid-ranks of income, tied persons with one rank, by pairs: sum w_i w_j (x_i - x_j) sign.
pairs <- sign(outer(x$income, x$income, "-"))
concentration <- function(w, v) sum(outer(w, w) * outer(v, v, "-") * pairs) / (2 * sum(w) * sum(w * v))
progress <- function(w, d) c(concentration(w, d$tax), concentration(w, d$tax) - concentration(w, d$income))
jackknife <- list(laeken = one(withReplicates(jack, ranks)), kakwani = one(withReplicates(jack, progress)))

answers <- list(
  versions = list(R = R.version.string, survey = as.character(packageVersion("survey")),
                  laeken = as.character(packageVersion("laeken"))),
  indices = indices, smooth = smooth, poverty = poverty, jackknife = jackknife
)
write(toJSON(answers, digits = NA, auto_unbox = TRUE, pretty = TRUE), "inequality_r.json")
