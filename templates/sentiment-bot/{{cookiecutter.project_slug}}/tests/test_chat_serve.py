"""The conversation in the real server: over a WebSocket, through a reload, until it is stopped."""

import json
import shutil
import signal
from pathlib import Path

import pytest
from dialogs import SMALL
from serve_process import PATIENCE, refused, running, serve, wait_for
from starlette.testclient import TestClient
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect

from {{ cookiecutter.package_name }}.api import chat_socket
from {{ cookiecutter.package_name }}.api.chat_socket import SOCKET_PATH

KEY = "open sesame"


def test_the_service_talks_and_documents_it(client: TestClient) -> None:
    found = client.post("/chat", json={"message": "My name is Ada"}).json()
    assert "Ada" in found["reply"]
    assert found["label"] in client.get("/model").json()["classes"]
    operation = client.get("/openapi.json").json()["paths"]["/chat"]["post"]
    body = operation["requestBody"]["content"]["application/json"]["schema"]
    answer = client.post("/chat", json=body["example"])
    shape = operation["responses"]["200"]["content"]["application/json"]["schema"]
    assert set(answer.json()) == set(shape["properties"])
    with client.websocket_connect(SOCKET_PATH) as socket:
        assert socket.receive_json()["reply"]


def test_an_open_socket_goes_on_through_a_reload_and_is_closed_politely(
    trained_project: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "project"
    shutil.copytree(trained_project, folder)
    (folder / "dialog.yaml").write_text(SMALL)
    with running(folder, APP_API_KEY=KEY, APP_PREDICTION_LOG="") as server:
        address = server.address.replace("http", "ws") + SOCKET_PATH
        with pytest.raises(InvalidStatus) as denied:
            connect(address, origin="https://evil.example", proxy=None)
        assert denied.value.response.status_code == 403
        with connect(address, proxy=None) as socket:
            socket.send(json.dumps({"key": KEY}))
            assert json.loads(socket.recv(PATIENCE))["reply"] == "How was it?"
            socket.send(json.dumps({"message": "order 1234"}))
            first = json.loads(socket.recv(PATIENCE))
            assert server.metric("chat_sockets") == 1
            (folder / "dialog.yaml").write_text(SMALL.replace("Noted", "Wrote"))
            assert server.post("/model/reload", None, **{"X-API-Key": KEY}).status_code == 200
            socket.send(json.dumps({"message": "order 5678"}))
            second = json.loads(socket.recv(PATIENCE))
            assert (second["session"], second["reply"]) == (first["session"], "Wrote 5678.")
            (folder / "dialog.yaml").write_text(SMALL.replace("go: sad", "go: mad"))
            bad = server.post("/model/reload", None, **{"X-API-Key": KEY})
            assert bad.status_code == 409
            assert "line 17: there is no state 'mad'" in bad.json()["detail"]
            server.process.send_signal(signal.SIGTERM)
            with pytest.raises(ConnectionClosed) as closed:
                socket.recv(PATIENCE)
            assert closed.value.rcvd is not None
            assert closed.value.rcvd.code == chat_socket.RESTARTING
        wait_for(lambda: server.process.poll() is not None, "stopped")
        assert server.process.returncode == 0


def test_rules_that_are_wrong_stop_the_start(trained_project: Path, tmp_path: Path) -> None:
    wrong = tmp_path / "wrong.yaml"
    wrong.write_text(SMALL.replace("go: sad", "go: mad"))
    said = refused(serve(trained_project, APP_DIALOG=str(wrong), APP_PREDICTION_LOG=""))
    assert "wrong.yaml, line 17: there is no state 'mad'" in said
    absent = refused(serve(trained_project, APP_DIALOG="nowhere.yaml", APP_PREDICTION_LOG=""))
    assert "nowhere.yaml: no such file" in absent


@pytest.mark.slow
def test_several_workers_without_redis_are_remarked_on_once(trained_project: Path) -> None:
    with running(trained_project, workers=2, APP_PREDICTION_LOG="") as server:
        server.stop()
    assert sum("without APP_REDIS_URL" in line for line in server.out) == 1
