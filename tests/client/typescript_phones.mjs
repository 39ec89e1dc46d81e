// Phones of the TypeScript client, moved by lines of JSON on standard input; what they hear and are promised goes out.
// node typescript_phones.mjs CLIENT WS URL TOKEN...
import { createRequire } from "node:module";
import { createInterface } from "node:readline";
import { pathToFileURL } from "node:url";

const [client, ws, url, ...tokens] = process.argv.slice(2);
const { Phone } = await import(pathToFileURL(client));
const { WebSocket } = createRequire(import.meta.url)(ws);
const settings = { baseMs: 5, capMs: 20, silentMs: 300, openWithinMs: 300 };

const tell = (fact) => console.log(JSON.stringify(fact));
const phones = tokens.map((token, who) => {
  const phone = new Phone({ url, token, settings, WebSocket });
  phone.on((event) => {
    if (event.type === "state") tell({ who, state: event.state.kind, code: event.state.code });
    else if (event.type === "said") tell({ who, said: [event.seq, event.text] });
    else if (event.type === "placed" || event.type === "joined") tell({ who, members: phone.room.members.size });
  });
  phone.start();
  return phone;
});

const answered = (who, what, asked) =>
  asked.then(
    (answer) => tell({ who, [what]: answer ?? null }),
    (error) => tell({ who, failed: what, error: error.name, code: error.code }),
  );

const deeds = {
  checkin: (phone, who, position) => answered(who, "checked_in", phone.checkIn(position)),
  say: (phone, who, text) => answered(who, "acked", phone.say(text).then(({ seq }) => [seq, text])),
  next: (phone, who) => answered(who, "moved_on", phone.next()),
  drop: (phone) => phone.dropConnection(),
  look: (phone, who) => {
    const { room, statistics, pending, state } = phone;
    const messages = room?.messages.map(({ seq, text }) => [seq, text]);
    const view = room && { room: room.room.id, seq: room.seq, you: room.you, members: [...room.members.keys()].sort() };
    tell({ who, looked: { ...view, messages, statistics, pending: pending.length, state: state.kind } });
  },
  stop: (phone) => phone.stop(),
};

for await (const line of createInterface({ input: process.stdin })) {
  const { who, deed, given } = JSON.parse(line);
  deeds[deed](phones[who], who, given);
}
