using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using Orleans.Concurrency;
using OrleansRaft.Grains.Cluster;
using OrleansRaft.Grains.SiloService;
using OrleansRaft.Runtime;
using OrleansRaft.Runtime.Storage;

namespace OrleansRaft.Grains.Backup;

/// <inheritdoc cref="IBackupService"/>
[Reentrant]
internal sealed class BackupService(GrainId id, Silo silo, ILoggerFactory loggers, GroupTable groups, TimeProvider time)
    : GrainService(id, silo, loggers), IBackupService, IAsyncDisposable
{
    /// <summary>How many states are read at once, on one silo.</summary>
    private const int OpenMax = 8;

    private readonly ConcurrentDictionary<long, StateReading> open = new();
    private readonly ViewWriter views = new();

    /// <inheritdoc/>
    public async Task<BackupOpening> OpenAsync(ReplicaName replica)
    {
        if (groups.Find(replica.Group)?.Find(new ReplicaId(replica.Replica))?.Local is not { IsRunning: true } hosted)
        {
            return new BackupOpening(0, []);
        }

        if (open.Count >= OpenMax)
        {
            return Refused(Reply.Rejected(
                RejectionReason.Overloaded,
                null,
                1_000,
                $"{OpenMax} states are being read on this silo already; wait until another backup has ended."));
        }

        var answer = await hosted.Driver.ViewStateAsync();
        if (answer.State is not { } state)
        {
            return Refused(answer.Reply);
        }

        var reading = new StateReading(state, views, time);
        var number = ActivationNonce.New();
        open[number] = reading;
        ForgetAsync(number, reading).Ignore();
        return new BackupOpening(number, RequestCodec.EncodeReplies(new ReplyBatch([answer.Reply], LogTime.Zero)));
    }

    /// <inheritdoc/>
    public async Task<BackupPiece?> ReadAsync(long id, long offset) => open.TryGetValue(id, out var reading) ? await reading.ReadAsync(offset) : null;

    /// <inheritdoc/>
    public async Task CloseAsync(long id)
    {
        if (open.TryRemove(id, out var reading))
        {
            await reading.DisposeAsync();
        }
    }

    /// <inheritdoc/>
    public override async Task Stop()
    {
        await DisposeAsync();
        await base.Stop();
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        foreach (var number in open.Keys)
        {
            await CloseAsync(number);
        }

        views.Dispose();
    }

    /// <summary>A state that nobody closes is let go a while after it was written.</summary>
    private async Task ForgetAsync(long number, StateReading reading)
    {
        await reading.Ended.ContinueWith(static _ => { }, TaskScheduler.Default);
        await Task.Delay(StateReading.Patience, time, StoppedCancellationTokenSource.Token);
        await CloseAsync(number);
    }

    private static BackupOpening Refused(in Reply reply) => new(0, RequestCodec.EncodeReplies(new ReplyBatch([reply], LogTime.Zero)));
}
