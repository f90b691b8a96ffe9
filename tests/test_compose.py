"""docker-compose.yml and the Dockerfile, read as text: what must hold for every container, and that no secret is there.

That it works is for ``tests/compose/walk.py`` to say, which needs Docker.
"""

import re
from pathlib import Path

import pytest
from django.conf import settings

ROOT = Path(__file__).resolve().parent.parent
COMPOSE = re.sub(r"^ *#.*\n", "", (ROOT / "docker-compose.yml").read_text(), flags=re.MULTILINE)
ANCHORS = dict(re.findall(r"^x-\S+: &(\w+)\n((?:  .*\n)+)", COMPOSE, re.MULTILINE))
SERVICES = dict(re.findall(r"^  (\w+):\n((?:    .*\n|\n)+)", COMPOSE, re.MULTILINE))
STAGES = dict(re.findall(r"^FROM \S+ AS (\w+)\n((?:(?!FROM).*\n)+)", (ROOT / "Dockerfile").read_text(), re.MULTILINE))

pytestmark = pytest.mark.parametrize("service", SERVICES)


def whole(block):
    """A block with what it takes over from others; what it says itself comes first."""
    names = [name for name in re.findall(r"<<: \*(\w+)", block) if name in ANCHORS]
    return "".join([block, *(whole(ANCHORS[name]) for name in names)])


def setting(service, key):
    found = re.search(rf"^ +{key}: *(.*)$", whole(SERVICES[service]), re.MULTILINE)
    return found[1] if found else None


def image_user(service):
    """Who a container of an image of ours runs as."""
    stage = "app" if setting(service, "image") == "chat-app" else re.search(r"target: (\w+)", SERVICES[service])[1]
    return re.findall(r"^USER (\S+)$", STAGES[stage], re.MULTILINE)[-1]


def test_a_service_is_watched_unless_it_ends_by_itself(service):
    once = setting(service, "restart") == '"no"'
    assert once is (setting(service, "healthcheck") is None)


def test_a_container_can_write_only_where_it_must_and_has_no_rights_that_it_does_not_need(service):
    assert setting(service, "read_only") == "true"
    assert setting(service, "cap_drop") == "[ALL]"
    assert "no-new-privileges:true" in setting(service, "security_opt")
    assert "privileged: true" not in whole(SERVICES[service])


def test_no_container_runs_as_root(service):
    user = setting(service, "user") or image_user(service)
    assert user.partition(":")[0] not in {"root", "0"}


def test_no_secret_has_a_default(service):
    text = whole(SERVICES[service])
    secret = r"\w*(?:SECRET|PASSWORD|KEY|TOKEN)\w*"
    assert not re.search(rf"\$\{{{secret}:?-[^}}]", text)
    assert all(name.endswith("_FILE") for name in re.findall(rf"^ +({secret}):", text, re.MULTILINE))
    assert not re.search(r"//\w*:\w+@", text)


def test_running_answers_may_finish(service):
    if setting(service, "image") == "chat-app":
        assert setting(service, "stop_grace_period") == f"1m${{CHAT_DRAIN_SECONDS:-{settings.CHAT_DRAIN_SECONDS:g}}}s"
