import { spanOf } from "../logic/clock.ts";
import { type Worry, worriesOf } from "../logic/worries.ts";
import { ask } from "../state/actions.ts";
import { letGo } from "../state/brakeActions.ts";
import { nowMs } from "../state/clock.ts";
import { hrefOf, route } from "../state/route.ts";
import { brakes, isUnreachable, now, openReports, sanctions } from "../state/server.ts";
import { strings } from "../strings.en.ts";

/** What is wrong, the worst first, each with one thing to do about it. */
export function Worries() {
  const found = worriesOf({
    now: now.look.value.value,
    isUnreachable: isUnreachable(),
    reports: openReports.look.value.value?.reports ?? [],
    brakes: brakes.look.value.value?.brakes ?? [],
    appeals: (sanctions.look.value.value?.sanctions ?? []).filter(({ sanction }) => sanction.appeal !== null).length,
    nowMs: nowMs.value,
  });
  const isKnown = now.look.value.value !== null || isUnreachable();
  return (
    <section aria-labelledby="worries" class="worries">
      <h2 id="worries">{strings.worries.heading}</h2>
      {!isKnown && <p class="hint">{strings.loading}</p>}
      {isKnown && found.length === 0 && <p class="fine">{strings.worries.fine}</p>}
      {found.length > 0 && (
        <ul class="worry-list">
          {found.map((worry) => (
            <li key={keyOf(worry)} class={`worry ${worry.level}`}>
              <span>{textOf(worry)}</span>
              <Way worry={worry} />
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}

function keyOf(worry: Worry): string {
  return worry.about === "brake" ? `brake ${worry.brake.what} ${worry.brake.area}` : worry.about;
}

function Way({ worry }: { worry: Worry }) {
  if (worry.about === "brake") {
    return (
      <button type="button" onClick={() => ask(letGo(worry.brake.what, worry.brake.area))}>
        {strings.worries.go.brakes}
      </button>
    );
  }
  // Whoever is there already needs no link there.
  if (worry.page === null || worry.page === route.value.page) return null;
  const oldest = worry.page === "reports" ? openReports.look.value.value?.reports[0]?.report : undefined;
  return (
    <a class="button" href={hrefOf(worry.page, oldest)}>
      {strings.worries.go[worry.page]}
    </a>
  );
}

function textOf(worry: Worry): string {
  const texts = strings.worries;
  switch (worry.about) {
    case "overdue":
    case "due_soon":
    case "appeals":
      return texts[worry.about](worry.count);
    case "people_fell":
      return texts.people_fell(worry.before, worry.now);
    case "slow":
      return texts.slow(worry.lagMs);
    case "thin":
      return texts.thin(worry.share);
    case "limits_jumped":
      return texts.limits_jumped(worry.count, worry.usual);
    case "brake": {
      const { what, area, since_ms, reason } = worry.brake;
      const where = area === null ? strings.brakes.everywhere : strings.brakes.inCell(area);
      return texts.brake(strings.brakes.what[what], where, spanOf(nowMs.value - since_ms), reason);
    }
    default:
      return texts[worry.about];
  }
}
