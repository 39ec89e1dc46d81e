import { useEffect, useMemo, useRef } from "preact/hooks";
import { AuditTable } from "../parts/AuditTable.tsx";
import { Problem } from "../parts/Problem.tsx";
import { Time } from "../parts/Time.tsx";
import { ask } from "../state/actions.ts";
import { auditOf } from "../state/audit.ts";
import { call } from "../state/calls.ts";
import { ban, noteAppeal, revoke, suspend, unban, verify } from "../state/personActions.ts";
import { watched } from "../state/watched.ts";
import { strings } from "../strings.en.ts";
import { type PersonAnswer, Refused, type SanctionAnswer } from "../wire.ts";

const texts = strings.people;

/** One person: what is in force, what operators may do, and what was done. */
export function PersonDetail({ person }: { person: string }) {
  const one = useMemo(
    () => watched<PersonAnswer>(() => call("GET /v1/admin/people/{person}", { path: { person } })),
    [person],
  );
  const audit = useMemo(() => auditOf(person), [person]);
  const heading = useRef<HTMLHeadingElement>(null);
  const { value, error } = one.look.value;
  const isThere = value !== null;
  useEffect(() => {
    void one.refresh();
    void audit.refresh();
  }, [one, audit]);
  useEffect(() => {
    if (isThere) heading.current?.focus();
  }, [isThere]);
  const onPerson = (changed: PersonAnswer | undefined) => {
    if (changed) one.set(changed);
    else void one.refresh();
    void audit.refresh();
  };
  if (error instanceof Refused && error.code === "not_found") return <p class="problem">{texts.notFound}</p>;
  if (value === null) return error === null ? <p class="hint">{strings.loading}</p> : <Problem error={error} />;
  return (
    <article class="person">
      <h2 ref={heading} tabIndex={-1}>
        {value.verified_name ?? value.person}
      </h2>
      {value.verified_name !== null && <p class="mono">{value.person}</p>}
      <Problem error={error} />
      {value.is_erased && <p class="notice">{texts.erased}</p>}
      <InForce sanctions={value.sanctions} />
      <Deeds person={value} onPerson={onPerson} />
      <Facts person={value} />
      <section aria-labelledby="done-to">
        <h3 id="done-to">{texts.history}</h3>
        <AuditTable list={audit} empty={texts.noHistory} hasTarget={false} />
      </section>
    </article>
  );
}

function InForce({ sanctions }: { sanctions: readonly SanctionAnswer[] }) {
  return (
    <section aria-labelledby="in-force">
      <h3 id="in-force">{texts.inForce}</h3>
      {sanctions.length === 0 && <p class="fine">{texts.nothingInForce}</p>}
      {sanctions.map((sanction) => (
        <dl key={`${sanction.kind} ${sanction.since_ms} ${sanction.until_ms}`} class="pairs sanction">
          <dt>{texts.kinds[sanction.kind] ?? sanction.kind}</dt>
          <dd>
            {sanction.since_ms !== null && <Time atMs={sanction.since_ms} />} –{" "}
            {sanction.until_ms === null ? texts.forGood : <Time atMs={sanction.until_ms} />}
          </dd>
          {sanction.reason !== null && (
            <>
              <dt>{texts.reason}</dt>
              <dd dir="auto">{sanction.reason}</dd>
            </>
          )}
          {sanction.appeal !== null && (
            <>
              <dt>{texts.appeal}</dt>
              <dd dir="auto" class="appeal">
                {sanction.appeal}
              </dd>
            </>
          )}
        </dl>
      ))}
    </section>
  );
}

function Deeds({ person, onPerson }: { person: PersonAnswer; onPerson: (person: PersonAnswer | undefined) => void }) {
  const { person: id, verified_name: name } = person;
  const isOut = person.sanctions.length > 0;
  return (
    <fieldset class="row deeds">
      <legend class="unseen">{texts.actions}</legend>
      {isOut && (
        <button type="button" class="primary" onClick={() => ask(unban(id, onPerson))}>
          {texts.unban.label}
        </button>
      )}
      {!person.is_erased && (
        <>
          <button type="button" class="danger-quiet" onClick={() => ask(suspend(id, onPerson))}>
            {texts.suspend.label}
          </button>
          <button type="button" class="danger-quiet" onClick={() => ask(ban(id, onPerson))}>
            {texts.ban.label}
          </button>
          {isOut && (
            <button type="button" onClick={() => ask(noteAppeal(id, onPerson))}>
              {texts.noteAppeal.label}
            </button>
          )}
          {!person.is_guest && (
            <button type="button" onClick={() => ask(verify(id, name, onPerson))}>
              {texts.verify.label}
            </button>
          )}
          {!person.is_guest && person.verdict !== "revoked" && (
            <button type="button" onClick={() => ask(revoke(id, name, onPerson))}>
              {texts.revoke.label}
            </button>
          )}
        </>
      )}
    </fieldset>
  );
}

function Facts({ person }: { person: PersonAnswer }) {
  if (person.is_erased) return null;
  const { reported, reports } = person;
  const counts = (of: typeof reported) => texts.counts(of.open ?? 0, of.accepted ?? 0, of.rejected ?? 0);
  return (
    <section aria-labelledby="facts">
      <h3 id="facts">{texts.facts}</h3>
      <dl class="pairs">
        <dt>{texts.about}</dt>
        <dd>{counts(reported)}</dd>
        <dt>{texts.by}</dt>
        <dd>{counts(reports)}</dd>
        <dt>{texts.isGuest}</dt>
        <dd>{person.is_guest ? texts.yes : texts.no}</dd>
        <dt>{texts.verifiedName}</dt>
        <dd dir="auto">{person.verified_name ?? texts.notVerified}</dd>
        <dt>{texts.verdict}</dt>
        <dd>{person.verdict === null ? texts.byToken : (texts.verdicts[person.verdict] ?? person.verdict)}</dd>
        <dt>{texts.created}</dt>
        <dd>{person.created_ms === null ? strings.chart.noValue : <Time atMs={person.created_ms} />}</dd>
      </dl>
    </section>
  );
}
