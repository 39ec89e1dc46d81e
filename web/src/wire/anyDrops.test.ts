import * as fc from "fast-check";
import { expect, test } from "vitest";
import { Phone } from "./index.ts";
import { ManualClock, settled } from "./testing/manualClock.ts";
import { ModelServer } from "./testing/modelServer.ts";

type Step =
  | { what: "say" | "take" | "give" | "cut" | "drop"; who: number }
  | { what: "restart"; who: number }
  | { what: "pass"; who: number; ms: number };

const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.oneof(
    { weight: 12, arbitrary: fc.record({ what: fc.constantFrom("take", "give"), who: fc.nat(1) }) },
    { weight: 5, arbitrary: fc.record({ what: fc.constant("say"), who: fc.nat(1) }) },
    { weight: 3, arbitrary: fc.record({ what: fc.constantFrom("cut", "drop"), who: fc.nat(1) }) },
    { weight: 1, arbitrary: fc.record({ what: fc.constant("restart"), who: fc.constant(0) }) },
    { weight: 4, arbitrary: fc.record({ what: fc.constant("pass"), who: fc.nat(1), ms: fc.nat(2_000) }) },
  ) as fc.Arbitrary<Step>,
  { minLength: 5, maxLength: 60 },
);

/** A phone, all that its app could show of the log, and all that it was promised. */
class Person {
  readonly phone: Phone;
  readonly shown: [number, string][] = [];
  readonly promised: [number, string][] = [];
  readonly failed: unknown[] = [];
  asked = 0;

  constructor(
    readonly name: string,
    model: ModelServer,
    number: number,
    clock: ManualClock,
  ) {
    const WebSocket = model.guests[number]?.server.WebSocket;
    if (WebSocket === undefined) throw new RangeError(name);
    let draws = number;
    const chance = () => {
      draws = (draws * 31 + 7) % 101;
      return draws / 101;
    };
    this.phone = new Phone({ url: "ws://host", token: name, WebSocket, clock, chance });
    this.phone.on((event) => {
      if (event.type === "said") this.shown.push([event.seq, event.text]);
      if (event.type === "placed") {
        const newest = this.shown.at(-1)?.[0] ?? 0;
        for (const { seq, text } of event.messages) if (seq > newest) this.shown.push([seq, text]);
      }
    });
    this.phone.start();
  }

  say(): void {
    const text = `${this.name} ${this.asked}`;
    this.asked += 1;
    this.phone.say(text).then(
      ({ seq }) => this.promised.push([seq ?? 0, text]),
      (error: unknown) => this.failed.push(error),
    );
  }
}

async function playOut(model: ModelServer, people: Person[], clock: ManualClock): Promise<void> {
  for (let round = 0; round < 200; round += 1) {
    let moved = false;
    for (const number of people.keys()) {
      while (model.take(number) || model.give(number)) {
        moved = true;
        await settled();
      }
    }
    if (!moved && people.every(({ phone }) => phone.state.kind === "open" && phone.pending.length === 0)) return;
    await clock.pass(500);
  }
  throw new Error(`it does not come to an end: ${people.map(({ phone }) => JSON.stringify(phone.state))}`);
}

async function seated(): Promise<{ model: ModelServer; clock: ManualClock; people: Person[] }> {
  const clock = new ManualClock();
  const model = new ModelServer(["ana", "ben"]);
  const people = ["ana", "ben"].map((name, number) => new Person(name, model, number, clock));
  await settled();
  await playOut(model, people, clock);
  return { model, clock, people };
}

async function play(step: Step, model: ModelServer, people: Person[], clock: ManualClock): Promise<void> {
  if (step.what === "say") people[step.who]?.say();
  else if (step.what === "drop") people[step.who]?.phone.dropConnection();
  else if (step.what === "pass") await clock.pass(step.ms);
  else if (step.what === "restart") model.restart();
  else model[step.what](step.who);
  await settled();
}

test("whatever the network does, what was acknowledged is shown once, in order, to both, and a snapshot agrees", async () => {
  await fc.assert(
    fc.asyncProperty(steps, async (story) => {
      const { model, clock, people } = await seated();
      for (const step of story) await play(step, model, people, clock);
      await playOut(model, people, clock);
      const log = model.log.map(({ seq, text }) => [seq, text]);
      for (const [number, person] of people.entries()) {
        const guest = model.guests[number];
        expect(person.failed).toEqual([]);
        expect(person.shown).toEqual(log);
        expect(person.promised.length).toBe(person.asked);
        const snapshot = guest && model.snapshot(guest);
        expect(person.phone.room).toMatchObject({ seq: snapshot?.seq, you: snapshot?.you, room: snapshot?.room });
        expect(person.phone.room?.messages.slice(-50)).toEqual(snapshot?.messages);
        expect(person.phone.statistics).toMatchObject({ gaps: 0, repeats: 0, unreadable: 0 });
        person.phone.stop();
      }
      const promised = people.flatMap((person) => person.promised).sort(([one], [other]) => one - other);
      expect(promised).toEqual(log);
    }),
    { numRuns: 150 },
  );
});

test("a phone that hears an event of its log twice, or not at all, is found out", async () => {
  const { model, clock, people } = await seated();
  people[0]?.say();
  await playOut(model, people, clock);
  const visit = model.guests[1]?.visit;
  const [event] = model.log;
  visit?.tell(event ?? "");
  expect(people[1]?.phone.statistics.repeats).toBe(1);
  visit?.tell({ ...event, seq: 9 });
  expect(people[1]?.phone.statistics.gaps).toBe(1);
});
