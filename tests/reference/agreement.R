# Answers of R survey on variances, correlations, distribution functions, and measures of agreement.
# Run in this folder:  Rscript agreement.R   -> agreement.csv (an invented sample), agreement_r.json.
#
# Where survey has no function, the measure is written as a formula of estimated means and given to svycontrast(), which
# differentiates it by symbols: the same estimator by a way of its own.
suppressPackageStartupMessages({library(survey); library(jsonlite)})
set.seed(20261124)

strata <- 4; psus <- 6; size <- 11
n <- strata * psus * size
psu <- rep(seq_len(strata * psus), each = size)
level <- rnorm(strata * psus, 0, 0.6)[psu]
hidden <- level + rnorm(n)
rating <- function(x, cuts) as.integer(cut(x, c(-Inf, cuts, Inf)))
data <- data.frame(
  stratum = rep(seq_len(strata), each = psus * size), psu = psu, w = round(runif(n, 0.5, 4), 2),
  region = c("north", "south", "west")[1 + psu %% 3],
  y = round(exp(1.5 + hidden / 2), 3), x = round(40 + 8 * (0.6 * hidden + rnorm(n, 0, 0.8)), 2)
)
data$a <- rating(hidden + rnorm(n, 0, 0.7), c(-0.6, 0.7))
data$b <- rating(hidden + rnorm(n, 0, 0.7), c(-0.4, 0.9))
# in the north nobody is in category 3 of b
data$b[data$region == "north" & data$b == 3] <- 2L
data$p <- as.integer(hidden + rnorm(n, 0, 0.8) < -0.5)
data$q <- as.integer(hidden + rnorm(n, 0, 0.8) < -0.2)
write.csv(data, "agreement.csv", row.names = FALSE)

whole <- svydesign(ids = ~psu, strata = ~stratum, weights = ~w, data = data, nest = TRUE)
one <- function(s) list(estimate = unname(coef(s)), se = unname(as.vector(SE(s))))

# a formula of means: `variables` is a named list of columns, `formula` an expression of their names
smooth <- function(d, variables, formula) {
  d <- do.call(update, c(list(d), variables))
  means <- svymean(as.formula(paste("~", paste(names(variables), collapse = "+"))), d)
  one(svycontrast(means, list(found = formula)))
}
count <- function(d) sum(weights(d, "sampling") != 0)

spread <- function(d) {
  matrix_of <- svyvar(~x + y, d)
  centre <- list(m1 = quote(x - 40), m2 = quote(y - 5), m11 = quote((x - 40)^2), m22 = quote((y - 5)^2),
                 m12 = quote((x - 40) * (y - 5)))
  n <- count(d); k <- n / (n - 1)
  list(
    variance = one(svyvar(~y, d)),
    matrix = list(estimate = as.vector(unclass(matrix_of)), se = sqrt(diag(attr(matrix_of, "var")))),
    sd = smooth(d, centre, bquote(sqrt(.(k) * (m22 - m2^2)))),
    variation = smooth(d, centre, bquote(sqrt(.(k) * (m22 - m2^2)) / (m2 + 5))),
    correlation = smooth(d, centre, quote((m12 - m1 * m2) / sqrt((m11 - m1^2) * (m22 - m2^2)))),
    cdf = lapply(c(2, 5, 9), function(t) one(svymean(bquote(~ I(as.numeric(y <= .(t)))) |> eval(), d)))
  )
}

cells <- function() {
  out <- list()
  for (i in 1:3) for (j in 1:3) out[[paste0("c", i, j)]] <- bquote(as.numeric(a == .(i) & b == .(j)))
  out
}
plus <- function(names) paste0("(", paste(names, collapse = "+"), ")")
row_of <- function(i) plus(paste0("c", i, 1:3))
column_of <- function(j) plus(paste0("c", 1:3, j))
kappa_formula <- function() {
  chance <- plus(paste0(sapply(1:3, row_of), "*", sapply(1:3, column_of)))
  parse(text = sprintf("(c11+c22+c33-%s)/(1-%s)", chance, chance))[[1]]
}
v_formula <- function(columns) {
  terms <- outer(1:3, columns, Vectorize(function(i, j) sprintf("c%d%d^2/(%s*%s)", i, j, row_of(i), column_of(j))))
  parse(text = sprintf("sqrt((%s-1)/%d)", plus(terms), min(3, length(columns)) - 1))[[1]]
}

agreeing <- function(d, columns) {
  rules <- list(p1 = quote(as.numeric(p == 1)), p2 = quote(as.numeric(q == 1)), p11 = quote(as.numeric(p == 1 & q == 1)))
  list(
    categories_kappa = smooth(d, cells(), kappa_formula()),
    categories_v = smooth(d, cells(), v_formula(columns)),
    categories_agreement = one(svymean(~I(as.numeric(a == b)), d)),
    kappa = smooth(d, rules, quote(2 * (p11 - p1 * p2) / (p1 + p2 - 2 * p1 * p2))),
    jaccard = smooth(d, rules, quote(p11 / (p1 + p2 - p11))),
    phi = smooth(d, rules, quote((p11 - p1 * p2) / sqrt(p1 * (1 - p1) * p2 * (1 - p2)))),
    redundancy = smooth(d, rules, quote(p11 / p1)), # p is the rarer in every domain
    share_p = one(svymean(~p, d)), share_q = one(svymean(~q, d)),
    overlap = one(svymean(~I(as.numeric(p == 1 & q == 1)) + I(as.numeric(p == 1 & q == 0)) +
                            I(as.numeric(p == 0 & q == 1)) + I(as.numeric(p == 0 & q == 0)), d))
  )
}

population <- data.frame(region = c("north", "south", "west"), Freq = c(200, 260, 170))
calibrated <- function() {
  d <- postStratify(whole, ~region, population)
  s <- subset(d, stratum <= 2)
  rules <- list(p1 = quote(as.numeric(p == 1)), p2 = quote(as.numeric(q == 1)), p11 = quote(as.numeric(p == 1 & q == 1)))
  phi <- quote((p11 - p1 * p2) / sqrt(p1 * (1 - p1) * p2 * (1 - p2)))
  list(variance = one(svyvar(~y, d)), phi = smooth(d, rules, phi), kappa = smooth(d, cells(), kappa_formula()),
       domain = list(variance = one(svyvar(~y, s)), phi = smooth(s, rules, phi)))
}
jackknife <- function() {
  d <- as.svrepdesign(whole, type = "JKn", mse = TRUE)
  by_hand <- function(f) {
    found <- withReplicates(d, f)
    list(estimate = as.vector(found), se = as.vector(SE(found)))
  }
  share <- function(w, x) sum(w * x) / sum(w)
  table_of <- function(w, x) { t <- xtabs(w ~ x$a + x$b); t / sum(t) }
  list(
    sd = by_hand(function(w, x) sqrt(share(w, (x$y - share(w, x$y))^2))),
    correlation = by_hand(function(w, x) cov.wt(cbind(x$x, x$y), w / sum(w), cor = TRUE)$cor[1, 2]),
    kappa = by_hand(function(w, x) { t <- table_of(w, x); e <- sum(rowSums(t) * colSums(t)); (sum(diag(t)) - e) / (1 - e) }),
    v = by_hand(function(w, x) { t <- table_of(w, x); e <- outer(rowSums(t), colSums(t)); sqrt(sum((t - e)^2 / e) / 2) }),
    jaccard = by_hand(function(w, x) sum(w * (x$p & x$q)) / sum(w * (x$p | x$q)))
  )
}

regions <- function(what, ...) lapply(c(north = "north", south = "south", west = "west"), function(r)
  what(subset(whole, region == r), ...))
answers <- list(
  made_with = list(R = R.version.string, survey = as.character(packageVersion("survey"))),
  spread = c(list(all = spread(whole)), regions(spread)),
  agreement = c(list(all = agreeing(whole, 1:3)),
                lapply(c(north = "north", south = "south", west = "west"), function(r)
                  agreeing(subset(whole, region == r), if (r == "north") 1:2 else 1:3))),
  calibrated = calibrated(), jackknife = jackknife(),
  svykappa = one(svykappa(~a + b, update(whole, a = factor(a), b = factor(b)))),
  svykappa_rules = one(svykappa(~p + q, update(whole, p = factor(p), q = factor(q))))
)
write(toJSON(answers, digits = NA, auto_unbox = TRUE, pretty = TRUE), "agreement_r.json")
