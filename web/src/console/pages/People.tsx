import { useSignal } from "@preact/signals";
import { useId } from "preact/hooks";
import { Problem } from "../parts/Problem.tsx";
import { Scroll } from "../parts/Scroll.tsx";
import { Time } from "../parts/Time.tsx";
import { call } from "../state/calls.ts";
import { hrefOf } from "../state/route.ts";
import { sanctions } from "../state/server.ts";
import { strings } from "../strings.en.ts";
import { Refused, type SanctionedAnswer } from "../wire.ts";
import { PersonDetail } from "./PersonDetail.tsx";

const texts = strings.people;
const AN_ID = /^[A-Za-z0-9_-]{1,64}$/;

/** Find somebody, see who may not come in, look at one person. */
export function People({ what }: { what: string | null }) {
  return (
    <>
      <Find />
      {what === null ? <Sanctions /> : <PersonDetail key={what} person={what} />}
      <p class="hint">{texts.notShown}</p>
    </>
  );
}

function Find() {
  const id = useId();
  const text = useSignal("");
  const error = useSignal<unknown>(null);
  const isMissing = useSignal(false);
  const find = async (event: Event) => {
    event.preventDefault();
    const asked = text.value.trim();
    error.value = null;
    isMissing.value = false;
    if (!asked) return;
    try {
      const person = await lookUp(asked);
      if (person === null) isMissing.value = true;
      else location.hash = hrefOf("people", person);
    } catch (refused) {
      error.value = refused;
    }
  };
  return (
    <search>
      <form class="find" onSubmit={find}>
        <label for={id}>{texts.findLabel}</label>
        <div class="row">
          <input
            id={id}
            type="search"
            maxLength={64}
            autocomplete="off"
            spellcheck={false}
            aria-describedby={`${id}-hint`}
            value={text.value}
            onInput={(event) => (text.value = event.currentTarget.value)}
          />
          <button type="submit" class="primary">
            {texts.find}
          </button>
        </div>
        <p id={`${id}-hint`} class="hint">
          {texts.findHint}
        </p>
        {isMissing.value && (
          <p class="problem" role="alert">
            {texts.notFound}
          </p>
        )}
        <Problem error={error.value} />
      </form>
    </search>
  );
}

/** Returns the id of whoever has this id or, if nobody has, this verified name; null if nobody has either. */
async function lookUp(text: string): Promise<string | null> {
  const found = AN_ID.test(text)
    ? await unlessMissing(call("GET /v1/admin/people/{person}", { path: { person: text } }))
    : null;
  const named = found ?? (await unlessMissing(call("GET /v1/admin/people", { query: { name: text } })));
  return named?.person ?? null;
}

async function unlessMissing<T>(asked: Promise<T>): Promise<T | null> {
  try {
    return await asked;
  } catch (error) {
    if (error instanceof Refused && (error.code === "not_found" || error.code === "bad_name")) return null;
    throw error;
  }
}

function Sanctions() {
  const { value, error } = sanctions.look.value;
  return (
    <section aria-labelledby="sanctions">
      <h2 id="sanctions">{texts.sanctions}</h2>
      <p class="hint">{texts.sanctionsNote}</p>
      <Problem error={error} />
      {value?.sanctions.length === 0 && <p class="hint">{texts.noSanctions}</p>}
      {value !== null && value.sanctions.length > 0 && <SanctionTable sanctions={value.sanctions} />}
    </section>
  );
}

function SanctionTable({ sanctions }: { sanctions: readonly SanctionedAnswer[] }) {
  return (
    <Scroll label={strings.chart.tableOf(texts.sanctions)}>
      <table>
        <thead>
          <tr>
            <th scope="col">{texts.person}</th>
            <th scope="col">{texts.kind}</th>
            <th scope="col">{texts.since}</th>
            <th scope="col">{texts.until}</th>
            <th scope="col">{texts.appeal}</th>
            <th scope="col">{texts.reason}</th>
          </tr>
        </thead>
        <tbody>
          {sanctions.map(({ person, verified_name, sanction }) => (
            <tr key={`${person} ${sanction.kind} ${sanction.since_ms} ${sanction.until_ms}`}>
              <th scope="row">
                <a href={hrefOf("people", person)}>{verified_name ?? person}</a>
              </th>
              <td>{texts.kinds[sanction.kind] ?? sanction.kind}</td>
              <td>{sanction.since_ms === null ? strings.chart.noValue : <Time atMs={sanction.since_ms} />}</td>
              <td>{sanction.until_ms === null ? texts.forGood : <Time atMs={sanction.until_ms} />}</td>
              <td dir="auto">{sanction.appeal ?? texts.noAppeal}</td>
              <td dir="auto">{sanction.reason}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </Scroll>
  );
}
