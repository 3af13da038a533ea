const CONNECT_MS = 3000; // until POST is taken in place of a WebSocket
const ANSWER_MS = 60000;
const region = document.querySelector("#chat");
const log = region.querySelector("#chat-log");
const list = log.querySelector("ol");
const form = region.querySelector("#chat-form");
const field = form.querySelector("#chat-message");
const key = document.querySelector("#key input");
const percent = (value) => value.toLocaleString(undefined, { style: "percent", maximumFractionDigits: 0 });
let session = null;
let socket = null;
let socketTried = false;
let escalated = false;

/** The bot's first words. Nothing is said if they cannot be had: the first message will tell why. */
async function greet() {
  const headers = { "Content-Type": "application/json" };
  if (key.value) headers["X-API-Key"] = key.value;
  try {
    const signal = AbortSignal.timeout(ANSWER_MS);
    const response = await fetch("/chat", { method: "POST", headers, body: "{}", signal });
    // What was said in the meantime is an answer already.
    if (response.ok && list.children.length === 0) add("bot", "Bot", (await response.json()).reply);
  } catch (error) {
    console.info("no greeting:", error.message);
  }
}

/** An open WebSocket, after its greeting; null if there is none to be had. */
function connect() {
  return new Promise((resolve) => {
    const address = new URL("/chat/ws", location.href);
    address.protocol = address.protocol.replace("http", "ws");
    let made;
    try {
      made = new WebSocket(address);
    } catch {
      resolve(null);
      return;
    }
    const timer = setTimeout(() => { resolve(null); made.close(); }, CONNECT_MS);
    const settle = (found) => { clearTimeout(timer); resolve(found); };
    made.addEventListener("open", () => { if (key.value) made.send(JSON.stringify({ key: key.value })); });
    made.addEventListener("message", () => settle(made), { once: true });
    made.addEventListener("close", () => settle(null));
  });
}

/** What the bot says to a message: over the WebSocket, or by POST where there is none. */
async function answered(message) {
  if (!socketTried) {
    socketTried = true;
    socket = await connect();
  }
  if (socket === null || socket.readyState !== WebSocket.OPEN) return ask("/chat", { message, session });
  const found = await overSocket({ message, session });
  if (found.status) throw new Refusal(found.detail, found.status, found.field);
  return found;
}

function overSocket(body) {
  const open = socket;
  return new Promise((resolve, reject) => {
    const end = new AbortController();
    const lost = () => { end.abort(); reject(new Refusal("The connection was lost. Send it again.")); };
    // Not left open: an answer that comes later would be taken for that of the next message.
    const timer = setTimeout(() => { open.close(); lost(); }, ANSWER_MS);
    end.signal.addEventListener("abort", () => clearTimeout(timer));
    open.addEventListener("message", (event) => { end.abort(); resolve(JSON.parse(event.data)); }, end);
    open.addEventListener("close", lost, end);
    open.send(JSON.stringify(body));
  });
}

async function send() {
  const message = field.value.trim();
  showError(field, "");
  if (!message) {
    showError(field, "Write something first.");
    field.focus();
    return;
  }
  const mine = add("you", "You", message);
  const typing = add("bot typing", "Bot", "…");
  typing.setAttribute("aria-hidden", "true");
  field.value = "";
  try {
    const found = await answered(message);
    typing.remove();
    session = found.ended ? null : found.session;
    if (found.mood) mine.append(element("span", `mood ${found.mood}`, moodOf(found)));
    if (found.note) remark(found.note);
    add("bot", "Bot", found.reply);
    if (found.escalated && !escalated) remark("A person takes over from here.");
    // The next conversation may be handed over anew.
    escalated = found.escalated && !found.ended;
    if (found.ended) remark("The conversation is over. What you write next begins a new one.");
  } catch (error) {
    typing.remove();
    if (!(error instanceof Refusal)) throw error;
    mine.remove();
    // It was not said: it can be sent again.
    field.value ||= message;
    showError(field, error.message);
    announce(error.message);
  }
  if (document.activeElement === document.body) field.focus();
}

function moodOf({ mood, label, confidence }) {
  return `${label === mood ? mood : `${mood} (${label})`}, ${percent(confidence)} sure`;
}

/** Add what somebody said, and show it. */
function add(kind, name, text) {
  const said = element("span", "said", text);
  said.dir = "auto";
  return show(element("li", kind, element("span", "who", name), said));
}

function remark(text) {
  show(element("li", "remark", text));
}

function show(entry) {
  list.append(entry);
  log.scrollTop = log.scrollHeight;
  return entry;
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  once(form, region, send);
});
region.querySelector("#chat-new").addEventListener("click", () => {
  if (region.getAttribute("aria-busy") === "true") return;
  session = null;
  escalated = false;
  list.replaceChildren();
  showError(field, "");
  greet();
  field.focus();
});
key.addEventListener("change", () => {
  // Once more, with this key.
  socket?.close();
  socketTried = false;
  if (list.children.length === 0) greet();
});
greet();
