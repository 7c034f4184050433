/** Whether the server plays scenarios: its document says so. */
export const hasLab = document.documentElement.dataset.lab !== 'off';

/** Whether this is the lab, which plays recordings and asks nothing of the cluster. */
export const isLab = location.pathname.replace(/\/$/, '').endsWith('/lab');
