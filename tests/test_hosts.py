"""The hosts of the live demo: their files against each other, the image, and the guides."""

import re
import tomllib
from fnmatch import fnmatch

import containers
import pytest
import yaml

# From Hugging Face's reference of a Space's configuration.
COLOURS = {"red", "yellow", "green", "blue", "indigo", "purple", "pink", "gray"}


def port_of(project):
    """What the image listens on unless it is told otherwise."""
    return int(re.search(r"APP_PORT=(\d+)", (project / "Dockerfile").read_text())[1])


def settings_of(project):
    """The defaults that .env.example documents."""
    return dict(re.findall(r"^(APP_\w+)=(\S*)", (project / ".env.example").read_text(), re.M))


def patterns(project, option):
    """Of the guide's command that uploads the project."""
    guide = (project / "deploy/huggingface/guide.md").read_text()
    return [pattern.strip('"') for pattern in re.findall(rf"--{option} (\S+)", guide)]


def uploaded(project):
    """What the guide's command puts into a Space, as huggingface_hub matches its patterns."""
    include, exclude = patterns(project, "include"), patterns(project, "exclude")
    names = [str(path.relative_to(project)) for path in project.rglob("*") if path.is_file()]
    return [
        name
        for name in names
        if any(fnmatch(name, pattern) for pattern in include)
        and not any(fnmatch(name, pattern) for pattern in exclude)
    ]


def test_a_space_is_configured_for_the_image(rendered, template):
    project = rendered(template)
    readme = (project / "deploy/huggingface/README.md").read_text()
    _, configuration, text = readme.split("---\n", 2)
    space = yaml.safe_load(configuration)
    assert space["sdk"] == "docker"
    assert space["app_port"] == port_of(project)
    assert {space["colorFrom"], space["colorTo"]} <= COLOURS
    assert space["license"] == "mit"
    assert text.strip()


def test_a_project_without_a_licence_claims_none(rendered, any_template):
    project = rendered(any_template, "licence none")
    assert "license" not in (project / "deploy/huggingface/README.md").read_text()


def test_what_the_image_is_made_from_is_uploaded(rendered, template):
    project = rendered(template)
    lines = (project / ".dockerignore").read_text().splitlines()
    needed = {line[1:] for line in lines if line.startswith("!")}
    # The Space has a README of its own.
    sent = {pattern.removesuffix("/*") for pattern in patterns(project, "include")} | {"README.md"}
    assert needed <= sent


@pytest.mark.container
def test_a_space_builds_from_what_the_guide_uploads(trained, template, tmp_path):
    containers.require_engine()
    project = trained(template)
    names = uploaded(project)
    not_sent = (".joblib", ".parquet", ".safetensors")
    assert not [name for name in names if name.endswith(not_sent)]
    for name in names:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes((project / name).read_bytes())
    readme = project / "deploy/huggingface/README.md"
    (tmp_path / "README.md").write_bytes(readme.read_bytes())
    tag = f"{containers.PREFIX}-space"
    process = containers.build(tmp_path, tag)
    assert process.returncode == 0, process.stderr[-4000:]
    containers.docker("image", "rm", "--force", tag)


def test_fly_asks_the_port_of_the_image_and_leaves_it_time_to_stop(rendered, template):
    project = rendered(template)
    fly = tomllib.loads((project / "deploy/fly/fly.toml").read_text())
    port = port_of(project)
    assert fly["http_service"]["internal_port"] == fly["metrics"]["port"] == port
    (check,) = fly["http_service"]["checks"]
    assert check["path"] == "/health/ready"
    assert fly["kill_signal"] == "SIGTERM"
    assert fly["kill_timeout"] > int(fly["env"]["APP_GRACE_S"])
    limit = int(settings_of(project)["APP_MAX_IN_FLIGHT"])
    assert fly["http_service"]["concurrency"]["hard_limit"] == limit
