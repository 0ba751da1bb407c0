import type { Live } from "../../home/live";

export default function Health(_: { live: Live }) {
  return null;
}
