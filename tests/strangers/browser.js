// The example page in a real browser, used through what a person sees and presses. Every function is one test:
// it gets the origin of the page, the server's address, and where the line to the server is if it can be cut.
import assert from "node:assert/strict";
import { chromium } from "playwright-core";

const MADE_UP = { latitude: 47.37, longitude: 8.54 };

// A window of its own, with nothing from any other, in the browser whose DevTools listen at process.env.DEVTOOLS.
async function inBrowser(work) {
  const browser = await chromium.connectOverCDP(process.env.DEVTOOLS);
  const context = await browser.newContext({ geolocation: MADE_UP, permissions: ["geolocation"] });
  context.setDefaultTimeout(15_000);
  try {
    await work(context);
  } finally {
    await context.close();
  }
}

async function open(context, origin, server) {
  const tab = await context.newPage();
  await tab.goto(`${origin}/index.html?server=${encodeURIComponent(server)}`);
  return tab;
}

async function seated(context, origin, server) {
  const tab = await open(context, origin, server);
  await tab.click("text=I am here");
  await tab.waitForSelector("#text:enabled");
  return tab;
}

async function say(tab, text) {
  await tab.fill("#text", text);
  await tab.press("#text", "Enter");
}

const lines = (tab, list) => tab.locator(`${list} li`).allTextContents();
const hears = (tab, text) => tab.waitForSelector(`#words li:has-text("${text}")`);
const state = (tab, text) => tab.waitForSelector(`#state:has-text("${text}")`);

// What the tab's own fetch made of a call: the status, or the name of the error.
const fetchIn = (tab, ...call) =>
  tab.evaluate((given) => fetch(...given).then(({ status }) => status, ({ name }) => name), call);

// What became of a socket opened by the tab's own WebSocket: what it heard first, or its close code.
const helloIn = (tab, server, token) =>
  tab.evaluate(
    ([url, hello]) =>
      new Promise((resolve) => {
        const socket = new WebSocket(`${url}/v1/ws`, "nearby.v1");
        socket.onopen = () => socket.send(hello);
        socket.onmessage = ({ data }) => resolve(JSON.parse(data).type);
        socket.onclose = ({ code }) => resolve(code);
      }),
    [server.replace("http", "ws"), JSON.stringify({ type: "hello", token })],
  );

export const two_tabs_meet_and_talk = (origin, server) =>
  inBrowser(async (context) => {
    const [one, two] = [await seated(context, origin, server), await seated(context, origin, server)];
    await one.waitForSelector("#people li >> nth=1");
    assert.equal((await lines(two, "#people")).length, 2);
    await say(one, "<b>hello</b> from the first tab");
    await hears(two, "<b>hello</b> from the first tab"); // As text, not as HTML.
    await say(two, "and from the second");
    await hears(one, "and from the second");
    const heard = await lines(one, "#words");
    assert.equal(heard.length, 2);
    assert.deepEqual(await lines(two, "#words"), heard);
    await one.click("text=Leave");
    await one.waitForSelector("#text:disabled");
    await two.waitForFunction(() => document.querySelectorAll("#people li").length === 1);
  });

export const a_tab_whose_line_was_cut_resumes_and_misses_nothing = (origin, server, line) =>
  inBrowser(async (context) => {
    const [one, two] = [await seated(context, origin, line), await seated(context, origin, server)];
    await one.waitForSelector("#people li >> nth=1");
    await say(two, "before");
    await hears(one, "before");
    await fetch(`${origin}/cut`, { method: "POST" });
    await state(one, "connection lost");
    for (const text of ["missed 1", "missed 2", "missed 3"]) {
      await say(two, text);
      await hears(two, text);
    }
    await say(one, "typed while cut off");
    assert.equal((await lines(one, "#words")).length, 1);
    await fetch(`${origin}/mend`, { method: "POST" });
    await state(one, "connected, nothing missed");
    await hears(two, "typed while cut off");
    await hears(one, "typed while cut off");
    const heard = (await lines(one, "#words")).map((line) => line.split(": ")[1]);
    assert.deepEqual(heard, ["before", "missed 1", "missed 2", "missed 3", "typed while cut off"]);
    assert.deepEqual(await lines(two, "#words"), await lines(one, "#words"));
    assert.equal((await lines(two, "#people")).length, 2);
  });

export const a_tab_that_is_loaded_again_finds_its_seat_and_its_words = (origin, server) =>
  inBrowser(async (context) => {
    const tab = await seated(context, origin, server);
    await say(tab, "do not forget me");
    await hears(tab, "do not forget me");
    const people = await lines(tab, "#people");
    await tab.reload();
    await hears(tab, "do not forget me");
    assert.deepEqual(await lines(tab, "#people"), people);
  });

export const a_page_of_an_origin_that_is_not_configured_can_neither_read_nor_check_in = (stranger, server, token) =>
  inBrowser(async (context) => {
    const tab = await open(context, stranger, server);
    await tab.click("text=I am here");
    await state(tab, "that did not work: Failed to fetch");
    const headers = { Authorization: `Bearer ${token}`, "Content-Type": "application/json" };
    const body = JSON.stringify({ lat: MADE_UP.latitude, lon: MADE_UP.longitude });
    assert.equal(await fetchIn(tab, `${server}/v1/checkins`, { method: "POST", headers, body }), "TypeError");
  });

// The origin is not asked of a socket: it guards what a browser adds by itself, and the server takes nothing of that.
export const a_socket_is_judged_by_its_token_and_never_by_its_origin_or_a_cookie = (stranger, server, token) =>
  inBrowser(async (context) => {
    await context.addCookies([
      { name: "token", value: token, url: server },
      { name: "Authorization", value: `Bearer%20${token}`, url: server },
    ]);
    const tab = await open(context, stranger, server);
    assert.equal(await helloIn(tab, server, token), "welcome");
    assert.equal(await helloIn(tab, server), 3500);
    assert.equal(await helloIn(tab, server, "nonsense"), 3500);
  });

export const the_docs_page_is_whole_by_itself = (origin, server) =>
  inBrowser(async (context) => {
    const tab = await context.newPage();
    const [asked, complaints] = [[], []];
    tab.on("request", (request) => asked.push(request.url()));
    tab.on("console", (message) => complaints.push([message.location().url, message.text()]));
    await tab.goto(`${server}/docs`);
    for (const id of ["checkin", "placed", "bad_position", "3504"]) await tab.waitForSelector(`[id="${id}"]`);
    assert.deepEqual(asked.filter((url) => !url.startsWith(server)), []);
    assert.deepEqual(complaints.filter(([url]) => !url.endsWith("/favicon.ico")), []);
  });
