"""What waits to be put into files."""

from pathlib import Path

from routergate.ledger.backlog import Backlog, backlog
from routergate.ledger.consumer import export
from routergate.ledger.shelf import Shelf
from routergate.store.client import Store
from support.events import an_attribution, an_event
from support.exports import settle


async def test_what_no_file_has_yet_is_counted_over_all_organisations(store: Store, tmp_path: Path) -> None:
    assert await backlog(store) == Backlog()
    await settle(store, [an_event(id="r1"), an_event(id="r2")])
    first = await backlog(store)
    await settle(store, [an_event(id="r3", attribution=an_attribution("globex"))])
    both = await backlog(store)
    assert (first.events, both.events) == (2, 3)
    assert first.oldest is not None
    assert both.oldest == first.oldest
    await export(store, Shelf(str(tmp_path)), "acme")
    rest = await backlog(store)
    assert rest.events == 1
    assert rest.oldest is not None
    assert rest.oldest >= first.oldest
    await export(store, Shelf(str(tmp_path)), "globex")
    assert await backlog(store) == Backlog()
