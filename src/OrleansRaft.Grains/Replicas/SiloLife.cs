using Microsoft.Extensions.Logging;
using OrleansRaft.Runtime.Diagnostics;
using OrleansRaft.Runtime.Lives;
using OrleansRaft.Runtime.Storage;

namespace OrleansRaft.Grains.Replicas;

/// <summary>
/// This life of the silo: how it began, and that it ended in order. A silo that ended uncleanly twice in a short time begins carefully.
/// </summary>
internal sealed class SiloLife(ILogStore store, AlarmBoard alarms, ILocalSiloDetails self, TimeProvider time, ILogger<SiloLife> logger)
{
    private static readonly TimeSpan EndTimeout = TimeSpan.FromSeconds(2);

    private (SiloLives Now, bool IsCareful)? begun;
    private StartCare care = StartCare.None;

    /// <summary>How the replicas of this silo begin.</summary>
    public StartCare Care => Volatile.Read(ref care);

    /// <summary>Begins, before the silo has a replica. May be repeated until the store has answered.</summary>
    public async Task BeginAsync(CancellationToken cancellation)
    {
        // Decided once: an attempt whose answer was lost must not look like a life that ended.
        begun ??= SiloLives.Begin(await store.ReadLivesAsync(self.Name, cancellation), time.GetUtcNow());
        var (lives, isCareful) = begun.Value;
        await store.WriteLivesAsync(self.Name, lives, cancellation);
        Volatile.Write(ref care, new StartCare(ActivationNonce.New(), isCareful, time, OnCarefulChanged));
        if (isCareful)
        {
            Log.StartsCarefully(logger, self.Name, SiloLives.Window.TotalMinutes);
        }
    }

    /// <summary>Ends in order, after the silo's last replica; for a moment only, if the store does not answer.</summary>
    public async Task EndAsync()
    {
        if (begun is not { } lives)
        {
            return;
        }

        using var patience = new CancellationTokenSource(EndTimeout, time);
        try
        {
            await store.WriteLivesAsync(self.Name, lives.Now.End(), patience.Token);
        }
        catch (Exception exception)
        {
            Log.EndNotNoted(logger, exception, self.Name);
        }
    }

    private void OnCarefulChanged(int careful)
    {
        if (careful == 0)
        {
            if (alarms.Clear(AlarmNames.CarefulStart, self.Name))
            {
                Log.StartedCarefully(logger, self.Name);
            }

            return;
        }

        alarms.Report(
            AlarmNames.CarefulStart,
            self.Name,
            $"The process of {self.Name} ended uncleanly twice within {SiloLives.Window.TotalMinutes:0} minutes. It applies what its logs hold "
                + $"for one replica at a time, to find an entry that ends the process; {careful} of its replicas are not done.",
            "Wait. If the process ends again, start it again: within a few starts only the replica with that entry is halted, and the others serve.");
    }
}
