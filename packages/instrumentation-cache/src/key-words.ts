/** Common first words; any other may be private. */
const WORDS = new Set(
  `
  access account acl action activity actor ad address admin agent aggregate alarm alert alias analytics answer api app
  application approval archive article asset assignment async attachment attempt attribute audience audit auth
  authorization author avatar
  backup balance ban banner basket batch billing block blocked blog board body book booking bookmark boost brand breaker
  bucket budget buffer build bull bullmq bulk bundle bus business button
  cache cached calendar call campaign captcha card cart catalog catalogue category celery channel chart chat check
  checkout circuit city claim class click client cluster code collection comment commit company component conf config
  configuration connection consent consumer contact container content context contract conversation cookie count counter
  country coupon course credential cron csrf currency current cursor customer
  daily dashboard data dataset date day dead deal debounce dedup default delayed delivery department deploy deployment
  detail device dictionary digest directory discount dispatch doc document domain download draft driver
  edge element email entity entry enum environment error etag event exchange experiment expiry export external
  fact fail failed feature feed feedback fetch field file filter fingerprint flag flow folder follower following font
  forecast form format forum friend frontend function
  gallery game gateway geo global graph graphql group guest guild
  handler hash health history hit hold home hook host hotel hour hourly html http
  idempotency identity image import inbox index info ingest instance integration inventory invite invoice item
  job journal json jwt
  key keyword kind
  label language last latest leaderboard ledger lesson level library license like limit limiter limits line link list
  live lobby local locale location lock log login lookup
  mail map market marketplace match media member membership memo menu merchant message meta metadata metric migration
  minute mobile mode model module month monthly movie music mutex
  namespace navigation network news next node nonce note notification number
  oauth object offer offset online option order org organisation organization otp outbox overview owner
  page pagination param participant partition partner password path patient payment payload pending permission phone
  photo ping plan player playlist plugin policy poll pool popular portal post preference preview price pricing process
  processor product profile progress project promo promotion property provider proxy pub public publish purchase push
  query question queue quota quote
  rank ranking rate rating reaction read reader recent recipe recommendation record redirect redis refresh region
  registry relation release reminder render report repository request reservation reset resource response rest result
  retry revenue review revision reward right role room root route row rss rule run
  sale sandbox scan schedule scheduler schema scope score script search seat secret section segment semaphore sensor
  sequence series server service sess session setting settings share shift ship shipment shipping shop shopping sidekiq
  signal signup site sitemap sku slot slug snapshot social socket song source spec stage staging stat state static
  statistic status step stock storage store story stream student subject subscriber subscription suggestion summary
  support survey sync system
  table tag target task tax team template temp tenant term test theme thread throttle throttler thumbnail ticket timeline
  timer timezone tmp token top topic total tracking trade traffic transaction transfer translation trending trigger
  trip tweet type
  unique unit update upload uri url usage user username
  value variant vehicle vendor verification verify version video view viewer visit visitor vote voucher
  wallet warehouse watch weather web webhook website week weekly widget window wishlist word work worker workflow
  workspace
  year
  zone
  `
    .trim()
    .split(/\s+/),
);

/** `shoppingCart`, `feature_flags`, `rate-limit`. */
const PARTS = /[A-Z]?[a-z]+|[A-Z]+(?![a-z])/g;

export function isCommonWord(word: string): boolean {
  const parts = word.match(PARTS);
  return parts !== null && parts.every((part) => isCommon(part.toLowerCase()));
}

function isCommon(part: string): boolean {
  if (WORDS.has(part)) return true;
  if (!part.endsWith('s')) return false;
  return WORDS.has(part.slice(0, -1)) || WORDS.has(part.slice(0, -2)) || WORDS.has(`${part.slice(0, -3)}y`);
}
