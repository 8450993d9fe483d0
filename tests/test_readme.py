"""What the README says of the code is what the code says."""

from dashboard.methods import METHODS
from tools.methods import PLACE, README, table


def test_the_table_of_methods_is_the_registrys():
    found = PLACE.search(README.read_text())
    assert found is not None
    assert found[0] == found[1] + table() + found[2], "python -m tools.methods writes it anew"
    assert found[0].count("\n| [") == len(METHODS)
