const form = document.querySelector("#picture");
const control = form.querySelector("#file");
const stage = form.querySelector("#stage");
const live = form.querySelector("#live");
const start = form.querySelector("#camera");
const shutter = form.querySelector("#shutter");
const stop = form.querySelector("#stop");
const QUALITY = 0.92; // of the JPEG that is sent
const REFUSED = {
  NotAllowedError: "The camera may not be used. Allow it in the browser's settings, or choose a picture.",
  NotFoundError: "No camera was found. Choose a picture.",
  NotReadableError: "The camera is in use by another program. Close that, or choose a picture.",
};
let stream = null;
let wanted = false; // until it is there, which may take as long as a person takes to allow it

async function begin() {
  showError(control, "");
  showNote(control, "");
  // The camera of a phone's own does better, and works where this page comes without https.
  if (matchMedia("(pointer: coarse)").matches) {
    form.querySelector("#capture").click();
    return;
  }
  if (!navigator.mediaDevices?.getUserMedia) {
    showNote(control, "Browsers lend the camera to pages with https alone. Choose a picture.");
    return;
  }
  if (wanted) return;
  wanted = true;
  try {
    const found = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" } });
    if (wanted) await show(found);
    else release(found);
  } catch (error) {
    end();
    showNote(control, REFUSED[error.name] ?? `The camera gives no picture: ${error.message}. Choose one.`);
  }
}

async function show(found) {
  stream = found;
  for (const track of stream.getTracks()) track.addEventListener("ended", end);
  live.srcObject = stream;
  await live.play();
  arrange(true);
  shutter.focus();
}

/** Let the camera go: its light turns off. */
function end() {
  wanted = false;
  if (stream === null) return;
  release(stream);
  stream = live.srcObject = null;
  const mine = [shutter, stop].includes(document.activeElement);
  arrange(false);
  if (mine) start.focus();
}

function release(found) {
  for (const track of found.getTracks()) track.stop();
}

function arrange(on) {
  stage.classList.toggle("live", on);
  for (const each of [live, shutter, stop]) each.hidden = !on;
  start.hidden = on;
}

function shoot() {
  const canvas = document.createElement("canvas");
  canvas.width = live.videoWidth;
  canvas.height = live.videoHeight;
  canvas.getContext("2d").drawImage(live, 0, 0);
  canvas.toBlob((blob) => {
    const detail = new File([blob], "camera.jpg", { type: blob.type });
    form.dispatchEvent(new CustomEvent("picture", { detail }));
  }, "image/jpeg", QUALITY);
}

start.addEventListener("click", begin);
shutter.addEventListener("click", shoot);
stop.addEventListener("click", end);
form.addEventListener("picture", end);
addEventListener("pagehide", end);
