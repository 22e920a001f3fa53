# Two-stage designs whose second stage is stratified, or draws the records themselves: what a plan of SPSS or Stata
# declares with strata at a later stage, in R survey. Writes plans_r.json, data and all; needs survey and jsonlite.
#   Rscript tests/reference/plans.R
library(survey)
library(jsonlite)
set.seed(20260311)

# 2 regions, 3 of 12 and 4 of 9 districts drawn; in each district 2 strata, 2 or 3 schools drawn of 6 to 9
rows <- list()
for (region in 1:2) for (district in seq_len(c(3, 4)[region])) for (kind in c("town", "village")) {
  drawn <- sample(2:3, 1); size <- sample(6:9, 1)
  for (school in seq_len(drawn)) for (pupil in seq_len(sample(1:3, 1)))
    rows[[length(rows) + 1]] <- data.frame(region, district = 10 * region + district, kind, school,
      N_district = c(12, 9)[region], N_school = size, y = round(rnorm(1, 50 + 5 * district, 8), 3))
}
pupils <- do.call(rbind, rows)
pupils$school_id <- paste(pupils$kind, pupils$school)
key <- with(pupils, paste(region, district, kind))
drawn <- tapply(pupils$school, key, function(x) length(unique(x)))[key]
districts <- c(3, 4)[pupils$region]
pupils$w <- as.numeric(pupils$N_district / districts * pupils$N_school / drawn)

strata <- svydesign(ids = ~district + school_id, strata = ~region + kind, fpc = ~N_district + N_school,
                    weights = ~w, data = pupils, nest = TRUE)
pupils$N_pupil <- 40
pupils$row <- seq_len(nrow(pupils))
records <- svydesign(ids = ~district + row, strata = ~region, fpc = ~N_district + N_pupil, weights = ~w, data = pupils)

answer <- function(design) {
  m <- svymean(~y, design); t <- svytotal(~y, design)
  list(mean = coef(m)[[1]], mean_se = SE(m)[[1]], total = coef(t)[[1]], total_se = SE(t)[[1]])
}
result <- list(program = R.version.string, survey = as.character(packageVersion("survey")),
               data = as.list(pupils[c("region", "district", "kind", "school", "N_district", "N_school", "N_pupil", "w", "y")]),
               strata = answer(strata), records = answer(records))
write_json(result, "tests/reference/plans_r.json", digits = NA, auto_unbox = TRUE, pretty = FALSE)
