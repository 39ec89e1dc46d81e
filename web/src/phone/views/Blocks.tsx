import { useEffect, useState } from "preact/hooks";
import { attempt } from "../app/trouble.ts";
import { strings } from "../strings.en.ts";
import { useSession } from "./context.ts";

/** My blocks: of whom is not told, so they have numbers alone. */
export function Blocks() {
  const { api } = useSession();
  const [blocks, setBlocks] = useState<string[]>([]);
  useEffect(() => {
    api
      .blocks()
      .then((found) => setBlocks(found.blocks.map(({ block }) => block)))
      .catch(() => {});
  }, [api]);
  if (blocks.length === 0) return null;
  const withdraw = async (block: string) => {
    if (!(await attempt(() => api.withdrawBlock(block).then(() => true)))) return;
    setBlocks((before) => before.filter((other) => other !== block));
  };
  return (
    <details>
      <summary>{strings.people.blocks(blocks.length)}</summary>
      <ul class="stack blocks">
        {blocks.map((block, index) => (
          <li key={block}>
            <button type="button" class="small" onClick={() => void withdraw(block)}>
              {strings.people.withdrawBlock(index + 1)}
            </button>
          </li>
        ))}
      </ul>
    </details>
  );
}
