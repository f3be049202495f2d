import pytest

from routergate.domain.identity import Identity


@pytest.mark.parametrize("name", ["", "{acme", "ac}me", "{}"])
def test_an_organisation_has_a_name_without_braces(name: str) -> None:
    with pytest.raises(ValueError, match="no braces"):
        Identity(key="key-1", organisation=name)
