// The views of the page: those of the frame, and those that applications bring along. Each registers itself before the frame is drawn.

/** All views, by name. */
export const views = new Map();

/**
 * Registers a view.
 *   name     the first part of its address, #/name; a view that stands alone has its own path instead, and the whole address behind # to itself
 *   title    in the navigation, and of the document
 *   view     the component; it is given the second part of the address as name
 *   order    its place in the navigation: overview 0, network 10, faults 30; a view without one is reached by links
 *   within   of such a view, the name of the one that the navigation shows instead
 *   path     of a view that stands alone, its path
 *   command  what is typed behind oraft to see the same in a shell: takes the route, answers words
 *   badge    a number beside the title, as { count, text }; none while the count is 0
 *   tenant   whether it shows a tenant's own data, and so to those too whose key opens that alone: its address ends with the tenant
 *   footer   of a view that stands alone, what the footer says
 */
export function registerView(view) {
  views.set(view.name, view);
}

/** The views of the navigation, in their order; of those that show tenants' data alone, where nothing else is open. */
export function listed(tenantsAlone = false) {
  return [...views.values()].filter(view => view.order !== undefined && (view.tenant || !tenantsAlone)).sort((left, right) => left.order - right.order);
}
