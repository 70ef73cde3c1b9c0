"""When a message that could not go out is tried again: at once for a command, after the back-off for a schedule."""

import pytest

from orchestration import alerts
from orchestration.assets.instance import instance_of
from orchestration.assets.jobs import DELIVER
from orchestration.assets.site import Site
from orchestration.definitions import define
from orchestration.home import Home
from orchestration.run import find_work
from orchestration.sensors import messages_due
from tests.end_to_end.test_main_job import change_budget
from tests.end_to_end.test_smtp import Mailbox, free_port, plain_url
from tests.support.homes import main_job, settings_of


@pytest.fixture
def closed_mailbox() -> Mailbox:
    """A real mail server that has not been started."""
    return Mailbox(free_port())


def sensed(home: Home) -> dict[str, object]:
    """What the delivery job tells when a sensor starts it."""
    settings = settings_of(home)
    job = define(Site(home, settings=lambda: settings)).resolve_job_def(DELIVER)
    with instance_of(home) as instance:
        (told,) = job.execute_in_process(instance=instance).asset_materializations_for_node("deliveries")
    return {name: entry.value for name, entry in told.metadata.items()}


def test_a_command_sends_at_once_what_a_schedule_leaves_to_its_back_off(home: Home, closed_mailbox: Mailbox) -> None:
    settings = home.settings_file.read_text(encoding="utf-8")
    home.settings_file.write_text(settings.replace("folder://messages", plain_url(closed_mailbox)), encoding="utf-8")
    change_budget(home)
    for attempts in (1, 2):
        delivered = main_job(home).done.delivery
        assert delivered is not None and (delivered.sent, delivered.failed) == (0, 1)
        (item,) = alerts.pending(home)
        assert item.attempts == attempts
    assert item.next_attempt_at > settings_of(home).now
    closed_mailbox.start()
    try:
        site = Site(home, settings=lambda: settings_of(home))
        assert messages_due(site, settings_of(home).now) == 0
        told = sensed(home)
        assert (told["sent"], told["failed"], told["waiting"]) == (0, 0, 1)
        assert closed_mailbox.received == []
        assert find_work(home, settings_of(home)).deliveries_due == 1
        delivered = main_job(home).done.delivery
        assert delivered is not None and (delivered.sent, delivered.failed) == (1, 0)
        assert [to for to, _ in closed_mailbox.received] == [["liam.okafor@halden.example"]]
        assert main_job(home).summary is None
    finally:
        closed_mailbox.stop()


def test_what_was_held_goes_with_the_next_command_once_somebody_is_named(home: Home) -> None:
    settings = home.settings_file.read_text(encoding="utf-8")
    home.settings_file.write_text(settings.replace("  email_url:", "  # email_url:"), encoding="utf-8")
    change_budget(home)
    delivered = main_job(home).done.delivery
    assert delivered is not None and delivered.held == 1
    assert main_job(home).summary is None
    home.settings_file.write_text(settings, encoding="utf-8")
    delivered = main_job(home).done.delivery
    assert delivered is not None and delivered.sent == 1
    assert main_job(home).summary is None
