"""What do the invented families spend, by division of COICOP and by utility service?

Consumption is a part of disposable resources that falls with them; the shares of the twelve divisions start
from rounded ones and bend with income (Engel: food falls). Utilities follow from the size of the dwelling and
of the family, heat from the season.
"""

from __future__ import annotations

import numpy as np

from childdata.synthetic.belarus import load
from childdata.synthetic.budget_panel import Panel
from childdata.synthetic.chance import Columns, Numbers

HEATING_SEASON = {1: 1.7, 2: 0.5, 3: 0.1, 4: 1.5}
# division: (share of consumption without utilities, change with the logarithm of income per head)
DIVISIONS = {
    "01": (0.365, -0.30),
    "02": (0.050, -0.05),
    "03": (0.085, 0.25),
    "04": (0.030, 0.10),
    "05": (0.065, 0.30),
    "06": (0.055, 0.05),
    "07": (0.095, 0.60),
    "08": (0.055, -0.05),
    "09": (0.070, 0.55),
    "10": (0.015, 0.40),
    "11": (0.045, 0.60),
    "12": (0.070, 0.30),
}
PARTS = {
    "exp01_bread": ("01", 0.18),
    "exp01_child": ("01", 0.03),
    "exp02_alcohol": ("02", 0.72),
    "exp08_telecom": ("08", 0.88),
}


def utilities(panel: Panel, quarter: int, area: Numbers) -> Columns:
    """Bills by service, array (h,) each, BYN per month of the quarter."""
    table = load("amounts")["utilities"]["amount"]
    size = np.maximum(panel.count(quarter, panel.months(quarter) >= 0), 1)
    columns: Columns = {}
    for service, base in table.items():
        noise = np.exp(0.12 * panel.homes.random(f"util_{service}/{quarter}").standard_normal(len(size)))
        by_area = service in ("heat", "upkeep", "repair")
        scale = area / 50 if by_area else size / 2.5
        if service == "heat":
            scale = scale * HEATING_SEASON[quarter] * np.where(panel.homes.rural, 0.25, 1.0)
        if service in ("hot_water", "sewage"):
            scale = scale * np.where(panel.homes.rural, 0.2, 1.0)
        columns[f"util_{service}"] = np.round(base * scale * noise, 2)
    return columns


def spending(panel: Panel, quarter: int, resources: Numbers, bills: Columns) -> Columns:
    """Expenditure by division, array (h,) each, BYN per month; utilities are part of division 04."""
    months = panel.months(quarter)
    size = np.maximum(panel.count(quarter, months >= 0), 1)
    pupils = panel.count(quarter, (months >= 6 * 12) & (months < 24 * 12))
    per_head = np.log(np.maximum(resources, 60.0) / size / 600.0)
    random = panel.homes.random(f"spending/{quarter}")
    bill = np.asarray(sum(bills.values()))
    level = np.clip(0.80 - 0.10 * per_head, 0.45, 1.1) * np.exp(0.20 * random.standard_normal(len(size)) - 0.02)
    budget = np.maximum(np.maximum(resources, 120.0) * level - bill, 80.0)
    raw = {}
    for division, (share, slope) in DIVISIONS.items():
        draw = random.gamma(4.0, 0.25, len(size))
        raw[division] = share * np.exp(slope * per_head) * draw
    raw["10"] = np.where(pupils > 0, 2 * raw["10"], 0.1 * raw["10"] * (random.random(len(size)) < 0.1))
    raw["02"] = raw["02"] * (random.random(len(size)) < 0.8)
    whole = np.asarray(sum(raw.values()))
    columns: Columns = {f"exp{division}": np.round(budget * part / whole, 2) for division, part in raw.items()}
    columns["exp04"] = np.round(columns["exp04"] + bill, 2)
    for name, (division, share) in PARTS.items():
        part = np.clip(share * np.exp(0.25 * random.standard_normal(len(size))), 0, 1)
        columns[name] = np.round(columns[f"exp{division}"] * part, 2)
    columns["exp_total"] = np.round(np.asarray(sum(columns[f"exp{division}"] for division in DIVISIONS)), 2)
    return columns
