import { useSignal } from "@preact/signals";
import { useEffect, useMemo } from "preact/hooks";
import { Problem } from "../parts/Problem.tsx";
import { Scroll } from "../parts/Scroll.tsx";
import { call } from "../state/calls.ts";
import { watched } from "../state/watched.ts";
import { strings } from "../strings.en.ts";
import type { SettingAnswer } from "../wire.ts";

const texts = strings.settings;

/** What the server was started with. */
export function Settings() {
  const all = useMemo(() => watched(async () => (await call("GET /v1/admin/settings")).settings), []);
  const isChangedOnly = useSignal(false);
  useEffect(() => {
    void all.refresh();
  }, [all]);
  const { value, error } = all.look.value;
  const shown = (value ?? []).filter((one) => !isChangedOnly.value || one.value !== one.default);
  return (
    <>
      <p class="lead">{texts.explains}</p>
      <Problem error={error} />
      {value === null && error === null && <p class="hint">{strings.loading}</p>}
      {value !== null && (
        <>
          <label class="check">
            <input
              type="checkbox"
              checked={isChangedOnly.value}
              onChange={(event) => (isChangedOnly.value = event.currentTarget.checked)}
            />
            {texts.changedOnly}
          </label>
          {shown.length === 0 ? <p class="hint">{texts.allDefault}</p> : <Table settings={shown} />}
        </>
      )}
    </>
  );
}

function Table({ settings }: { settings: readonly SettingAnswer[] }) {
  return (
    <Scroll label={texts.heading}>
      <table>
        <thead>
          <tr>
            <th scope="col">{texts.name}</th>
            <th scope="col">{texts.value}</th>
            <th scope="col">{texts.initial}</th>
            <th scope="col">{texts.meaning}</th>
          </tr>
        </thead>
        <tbody>
          {settings.map((one) => (
            <tr key={one.name} class={one.value === one.default ? "" : "is-changed"}>
              <th scope="row" class="mono">
                {one.name}
              </th>
              <td class="mono">
                {one.value || texts.empty} {one.is_secret && <span class="tag">{texts.secret}</span>}
                {one.value !== one.default && <span class="tag changed">{texts.changed}</span>}
              </td>
              <td class="mono">{one.default || texts.empty}</td>
              <td>{one.description}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </Scroll>
  );
}
