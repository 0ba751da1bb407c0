export default function Energy(_: { rest: string[] }) {
  return null;
}
