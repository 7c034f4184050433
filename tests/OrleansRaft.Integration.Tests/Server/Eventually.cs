namespace OrleansRaft.Integration.Tests.Server;

/// <summary>Waits for what must come, without asking when.</summary>
internal static class Eventually
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(20);

    public static async Task HoldsAsync(Func<Task<bool>> condition, string what, TimeSpan patience)
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        deadline.CancelAfter(patience);
        while (!await condition())
        {
            if (deadline.IsCancellationRequested)
            {
                throw new TimeoutException($"It did not come true within {patience} that {what}.");
            }

            await Task.Delay(Pause, TestContext.Current.CancellationToken);
        }
    }
}
