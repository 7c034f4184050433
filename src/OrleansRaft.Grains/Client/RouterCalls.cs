using OrleansRaft.Runtime;

namespace OrleansRaft.Grains;

/// <summary>Turns what Orleans throws into an outcome: an exception or a time-out says nothing of whether a command was applied.</summary>
internal static class RouterCalls
{
    /// <summary>Awaits a router's answer.</summary>
    public static async Task<Outcome<TResult>> GuardAsync<TResult>(Task<Outcome<TResult>> call, bool isCommand, CancellationToken cancellation)
    {
        try
        {
            return await call.WaitAsync(cancellation).ConfigureAwait(true);
        }
        catch (Exception exception) when (exception is not OperationCanceledException || !cancellation.IsCancellationRequested)
        {
            return isCommand
                ? new Unknown<TResult>($"The call to the silo that routes this request failed ({exception.Message}); repeat the request under the same request id.")
                : new Rejected<TResult>(
                    RefusalReason.NoLeader, null, TimeSpan.FromSeconds(1), $"The call to the silo that routes this request failed ({exception.Message}); repeat it.");
        }
    }
}
