export default function Capacity(_: { rest: string[] }) {
  return null;
}
