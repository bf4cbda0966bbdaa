"""Fixtures of the tests of the simulated cloud."""

import pytest

from simulated_cloud import SimulatedCloud, Transcript


@pytest.fixture
def cloud(mayfly_bin, short_tmp):
    """A simulated cloud of this test's own."""
    cloud = SimulatedCloud(mayfly_bin, short_tmp / "state")
    yield cloud
    assert cloud.stop() == 0


@pytest.fixture
def transcript(request):
    """A transcript named as the test is, checked at its end."""
    transcript = Transcript(request.node.name.removeprefix("test_"))
    yield transcript
    transcript.check()
