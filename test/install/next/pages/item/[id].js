export const getServerSideProps = ({ params }) => ({ props: { id: params.id } });
export default function Item({ id }) {
  return id;
}
