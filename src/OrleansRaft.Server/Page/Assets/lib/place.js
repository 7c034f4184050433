/** The name of the view that stands alone on this document, which says so; empty on the page of the cluster. Such a view asks nothing of the cluster. */
export const standalone = document.documentElement.dataset.view ?? '';

/** Whether a page of others is served beside this one: scalar, dashboard or metrics. */
export function isServed(name) {
  return (document.documentElement.dataset.links ?? '').split(' ').includes(name);
}
