/** Whether this is the lab, which plays recordings and asks nothing of the cluster. */
export const isLab = location.pathname.replace(/\/$/, '').endsWith('/lab');
