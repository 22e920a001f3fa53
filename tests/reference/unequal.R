# Answers of R survey on samples with unequal probabilities and of two phases (data: make_unequal.py).
# Run in this folder:  Rscript unequal.R [folder with election_pps.csv]  -> unequal_r.json, 15 significant digits or more.
suppressPackageStartupMessages({library(survey); library(jsonlite)})
options(survey.lonely.psu = "fail", warn = -1)

plain <- function(x) unname(as.vector(x))
square <- function(v) { v <- as.matrix(v); attributes(v) <- list(dim = dim(v)); v }
answer <- function(s) list(est = plain(coef(s)), cov = square(vcov(s)))
phased <- function(s) {
  parts <- attr(vcov(s), "phases")
  c(answer(s), if (!is.null(parts)) list(first = square(parts$phase1), second = square(parts$phase2)))
}
grouped <- function(b, by) list(group = as.character(b[[by]]), est = plain(coef(b)), se = plain(as.matrix(SE(b))))

# unequal probabilities ------------------------------------------------------------------------------------------------
firms <- read.csv("unequal_firms.csv")
pairs <- as.matrix(read.csv("unequal_joint.csv", header = FALSE)); dimnames(pairs) <- NULL
villages <- read.csv("unequal_villages.csv")
drawn <- function(d, by, domains = TRUE) {
  out <- list(total = answer(svytotal(~y + x + open, d)), mean = answer(svymean(~y + x + open, d)),
              ratio = list(est = plain(coef(svyratio(~y, ~x, d))), cov = plain(vcov(svyratio(~y, ~x, d)))))
  if (domains) out <- c(out, list(by_total = grouped(svyby(~y, by, d, svytotal), all.vars(by)),
                                  by_mean = grouped(svyby(~y, by, d, svymean), all.vars(by))))
  out
}
one <- function(pps, ...) svydesign(id = ~1, strata = ~stratum, fpc = ~p, data = firms, pps = pps, ...)
n <- ave(firms$p, firms$stratum, FUN = length)
given <- HR(data.frame(psum = firms$sum_squares / n), data.frame(stratum = firms$stratum))
elements <- list(
  brewer = drawn(one("brewer"), ~branch),
  overton_ht = drawn(one("overton", variance = "HT"), ~branch),
  overton_yg = drawn(one("overton", variance = "YG"), ~branch, FALSE),
  hr_ht = drawn(one(HR(), variance = "HT"), ~branch),
  hr_yg = drawn(one(HR(), variance = "YG"), ~branch, FALSE),
  hr_given_ht = drawn(one(given, variance = "HT"), ~branch),
  hr_given_yg = drawn(one(given, variance = "YG"), ~branch, FALSE),
  joint_ht = drawn(one(ppsmat(pairs, tolerance = 0), variance = "HT"), ~branch),
  joint_yg = drawn(one(ppsmat(pairs, tolerance = 0), variance = "YG"), ~branch, FALSE),
  replacement = drawn(svydesign(id = ~1, strata = ~stratum, probs = ~p, data = firms), ~branch))
villages$open <- as.integer(villages$y > 10)
staged <- function(data, fpc, id = ~village + household)
  drawn(svydesign(id = id, strata = ~stratum, fpc = fpc, data = data, pps = "brewer"), ~sex)
# R keeps units taken with certainty in n and in the mean; a stratum of their own sets them apart
apart <- transform(villages, stratum = ifelse(sure == 1, 100 + village, stratum))
stages <- list(
  together = staged(villages, ~p + fraction), together_first = staged(villages, ~p, ~village),
  apart = { options(survey.lonely.psu = "certainty"); on.exit(options(survey.lonely.psu = "fail"))
            drawn(svydesign(id = ~village + household, strata = ~stratum, fpc = ~p + fraction, data = apart,
                            pps = "brewer"), ~sex) })
options(survey.lonely.psu = "fail")

# election: the probabilities of R's own example; only its answers are kept here ---------------------------------------
data(election)
counties <- function(pps, ...) {
  s <- svytotal(~Bush + Kerry + Nader, svydesign(id = ~1, fpc = ~p, data = election_pps, pps = pps, ...))
  list(est = plain(coef(s)), se = plain(SE(s)))
}
psum <- sum(election$p^2) / 40
election_out <- list(
  sum_squares = sum(election$p^2), brewer = counties("brewer"),
  overton_ht = counties("overton"), overton_yg = counties("overton", variance = "YG"),
  hr_ht = counties(HR(psum)), hr_yg = counties(HR(psum), variance = "YG"), hr_sample = counties(HR()),
  joint_ht = counties(ppsmat(election_jointprob, tolerance = 0)),
  joint_yg = counties(ppsmat(election_jointprob, tolerance = 0), variance = "YG"),
  joint_yg_r_tolerance = counties(ppsmat(election_jointprob), variance = "YG"))

# two phases -----------------------------------------------------------------------------------------------------------
cohort <- read.csv("phases_cohort.csv")
cohort$weight1 <- 1 / cohort$p1
two <- function(id, strata = NULL, fpc = NULL, subset = ~I(in2 == 1), by = ~sex, domains = TRUE, ...) {
  d <- twophase(id = id, strata = strata, fpc = fpc, subset = subset, data = cohort, ...)
  r <- svyratio(~y, ~x, d)
  # R's approximation takes a record outside a domain for one with a second-phase fraction of 1: `split` does without
  out <- list(df = degf(d), split = phased(svytotal(~I(y * (sex == 1)), d)), total = phased(svytotal(~y + x, d)), mean = phased(svymean(~y + x, d)),
              ratio = list(est = plain(coef(r)), cov = plain(vcov(r))))
  if (domains) out <- c(out, list(by_mean = grouped(svyby(~y, by, d, svymean), all.vars(by)),
                                  by_total = grouped(svyby(~y, by, d, svytotal), all.vars(by))))
  out
}
plain_id <- list(~person, ~person)
screened <- list(NULL, ~screen)
phases <- list(
  srs_full = two(plain_id, screened, list(~people, NULL)),
  srs_approx = two(plain_id, screened, list(~people, NULL), method = "approx"),
  srs_simple = two(plain_id, screened, list(~people, NULL), method = "simple"),
  open_full = two(plain_id, screened),
  open_approx = two(plain_id, screened, method = "approx"),
  poisson_full = two(plain_id, screened, probs = list(~p1, NULL)),
  weighted_approx = two(plain_id, screened, weights = list(~weight1, NULL), method = "approx"),
  unstratified_full = two(plain_id, NULL, list(~people, NULL)),
  unstratified_approx = two(plain_id, NULL, list(~people, NULL), method = "approx"),
  areas_full = two(plain_id, list(~area, ~screen), list(~area_people, NULL)),
  areas_approx = two(plain_id, list(~area, ~screen), list(~area_people, NULL), method = "approx", domains = FALSE),
  clusters_full = two(list(~cluster, ~person), screened, list(~clusters, NULL)),
  clusters_approx = two(list(~cluster, ~person), NULL, list(~clusters, NULL), method = "approx"),
  clusters_areas_full = two(list(~cluster, ~person), list(~area, ~screen), list(~clusters, NULL)),
  stages_full = two(list(~cluster + person, ~person), screened, list(~clusters + persons, NULL)),
  households_full = two(list(~household, ~household), NULL, list(~people, NULL), ~I(in2_households == 1)),
  households_approx = two(list(~household, ~household), NULL, list(~people, NULL), ~I(in2_households == 1),
                          method = "approx"),
  household_clusters_full = two(list(~cluster, ~household), NULL, list(~clusters, NULL), ~I(in2_households == 1)))

out <- list(made_with = list(R = as.character(getRversion()), survey = as.character(packageVersion("survey"))),
            elements = elements, stages = stages, election = election_out, phases = phases)
write(toJSON(out, digits = NA, auto_unbox = TRUE, na = "null", null = "null"), "unequal_r.json")
