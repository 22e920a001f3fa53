"""All surveys at once."""

from __future__ import annotations

from childdata import synthetic
from childdata.synthetic.writing import INVENTED


def test_all_surveys_are_written_each_into_its_folder(tmp_path):
    folder = synthetic.write_all(tmp_path / "все", seed=3)
    assert sorted(path.name for path in folder.iterdir()) == ["budget", "disability", "mics", "mics_ru"]
    for survey in folder.iterdir():
        text = (survey / "README.txt").read_text(encoding="utf-8")
        assert text.startswith(INVENTED["ru"])
        assert "seed 3" in text
        assert all(path.suffix in (".sav", ".dta", ".txt") for path in survey.iterdir())


def test_the_face_of_the_room_is_four_functions():
    assert set(synthetic.__all__) == {"write_all", "write_budget_survey", "write_disability_survey", "write_mics"}
