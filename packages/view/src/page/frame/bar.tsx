/** SVG, because the page's policy forbids inline styles. */
export function Bar({ share, label }: { share: number; label: string }) {
  return (
    <span class="bar-cell">
      <svg viewBox="0 0 100 6" preserveAspectRatio="none" aria-hidden="true">
        <rect class="bar-ground" width="100" height="6" />
        <rect class="bar-length" width={Math.max(0.5, Math.min(1, share) * 100)} height="6" />
      </svg>
      <span class="figure">{label}</span>
    </span>
  );
}
