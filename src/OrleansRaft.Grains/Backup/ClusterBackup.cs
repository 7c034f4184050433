using System.Collections.Immutable;
using System.Reflection;
using System.Text.Json;
using Microsoft.Extensions.Logging;
using OrleansRaft.Core;
using OrleansRaft.Core.Codec;
using OrleansRaft.Grains.Admin;
using OrleansRaft.Grains.Cluster;
using OrleansRaft.Grains.SiloService;
using OrleansRaft.Grains.Transport;
using OrleansRaft.Runtime;
using OrleansRaft.Runtime.Backup;
using OrleansRaft.Runtime.Levels;
using OrleansRaft.Runtime.Storage;

namespace OrleansRaft.Grains.Backup;

/// <inheritdoc cref="IRaftBackup"/>
internal sealed class ClusterBackup(
    GroupTable groups,
    LeaderRequests leaders,
    SiloClient<IBackupService> client,
    ClusterMembership silos,
    ILogStore store,
    ClusterLevel level,
    TimeProvider time,
    ILogger<ClusterBackup> logger) : IRaftBackup
{
    private const int CatalogueBytesMax = 256 * 1024 * 1024;

    // An election may be under way, or a silo may have gone.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan AnswerTimeout = TimeSpan.FromSeconds(10);

    private int underWay;

    /// <inheritdoc/>
    public async Task<Outcome<PreparedBackup>> PrepareAsync(CancellationToken cancellation = default)
    {
        if (Interlocked.Exchange(ref underWay, 1) != 0)
        {
            return new Rejected<PreparedBackup>(
                RejectionReason.Overloaded, null, TimeSpan.FromSeconds(10), "This silo is making a backup already; wait until it has ended.");
        }

        try
        {
            var prepared = await PrepareHereAsync(cancellation);
            if (prepared is not Committed<PreparedBackup>)
            {
                underWay = 0;
            }

            return prepared;
        }
        catch
        {
            underWay = 0;
            throw;
        }
    }

    private async Task<Outcome<PreparedBackup>> PrepareHereAsync(CancellationToken cancellation)
    {
        var row = await store.ReadClusterAsync(cancellation);
        TakenState? catalogue = null;
        ImmutableArray<GroupSet> further = [];
        if (row.Sets.Any(static set => set.Name == GroupSet.Catalogue))
        {
            using var memory = new MemoryStream();
            var group = groups.Find(new GroupSet(GroupSet.Catalogue, 1, 1).GroupName(0))!;
            var taken = await TakeAsync(
                group,
                (_, _) =>
                {
                    memory.SetLength(0);
                    return Task.CompletedTask;
                },
                (bytes, _) => KeepAsync(memory, bytes),
                cancellation);
            if (taken is Rejected<SnapshotDescriptor> refused)
            {
                return new Rejected<PreparedBackup>(refused.Reason, refused.Leader, refused.RetryAfter, refused.Detail);
            }

            catalogue = new TakenState(group.Name, ((Committed<SnapshotDescriptor>)taken).Value, memory.ToArray());
            further = [.. CatalogueRewrite.SetsIn(catalogue.Bytes).Select(static set => new GroupSet(set.Name, set.Groups, set.Replicas))];
            if (await FindUnknownAsync(further, cancellation) is { } unknown)
            {
                return new Rejected<PreparedBackup>(
                    RejectionReason.Overloaded,
                    null,
                    TimeSpan.FromSeconds(1),
                    $"The set '{unknown}' has just been added, and this silo does not know it yet; try again.");
            }
        }

        var head = new BackupHead(
            BackupFormat.Version,
            Guid.NewGuid(),
            DateTimeOffset.FromUnixTimeMilliseconds(time.GetUtcNow().ToUnixTimeMilliseconds()),
            typeof(ClusterBackup).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "",
            JsonSerializer.Deserialize<JsonElement>(ClusterRow.Write(row)),
            further) { Level = level.InForce };
#pragma warning disable CA2000 // Whoever gets it disposes of it.
        return new Committed<PreparedBackup>(
            new PreparedBackup(
                head,
                (output, megabytesPerSecond, stop) => WriteAsync(head, catalogue, output, new BackupPace(megabytesPerSecond, time), stop),
                () => underWay = 0),
            default,
            "");
#pragma warning restore CA2000
    }

    private static Task KeepAsync(MemoryStream memory, ReadOnlyMemory<byte> bytes)
    {
        if (memory.Length + bytes.Length > CatalogueBytesMax)
        {
            throw new InvalidOperationException($"The catalogue has more than {CatalogueBytesMax} bytes, which no backup takes.");
        }

        memory.Write(bytes.Span);
        return Task.CompletedTask;
    }

    /// <summary>A set that this silo does not know, of those that the catalogue says are complete; null when it knows them all.</summary>
    private async Task<string?> FindUnknownAsync(ImmutableArray<GroupSet> sets, CancellationToken cancellation)
    {
        var since = time.GetTimestamp();
        while (true)
        {
            if (sets.FirstOrDefault(set => groups.FindSet(set.Name).Count == 0) is not { } unknown)
            {
                return null;
            }

            if (time.GetElapsedTime(since) > Patience)
            {
                return unknown.Name;
            }

            await Task.Delay(Pause, time, cancellation);
        }
    }

    private async Task<bool> WriteAsync(
        BackupHead head, TakenState? catalogue, Stream output, BackupPace pace, CancellationToken cancellation)
    {
        using var writer = new BackupWriter(output);
        var began = time.GetTimestamp();
        await writer.BeginAsync(head, cancellation);
        foreach (var name in head.GroupNames())
        {
            if (name == catalogue?.Group)
            {
                await WriteTakenAsync(writer, catalogue, cancellation);
                continue;
            }

            var taken = await TakeAsync(
                groups.Find(name)!,
                (replica, silo) => writer.BeginGroupAsync(name, replica, silo, cancellation),
                async (bytes, stop) =>
                {
                    await pace.WaitAsync(bytes.Length, stop);
                    await writer.WriteChunkAsync(bytes, stop);
                },
                cancellation);
            if (taken is not Committed<SnapshotDescriptor> { Value: var snapshot })
            {
                var reason = taken is Rejected<SnapshotDescriptor> refused ? refused.Detail : $"{name} did not give its state.";
                Log.BackupFailed(logger, head.Id, name, reason);
                await writer.FailAsync(reason, cancellation);
                return false;
            }

            await writer.EndGroupAsync(snapshot, cancellation);
        }

        await writer.EndAsync(cancellation);
        Log.BackupMade(logger, head.Id, writer.StateBytes, time.GetElapsedTime(began).TotalSeconds);
        return true;
    }

    private static async Task WriteTakenAsync(BackupWriter writer, TakenState taken, CancellationToken cancellation)
    {
        await writer.BeginGroupAsync(taken.Group, default, "", cancellation);
        for (var offset = 0; offset < taken.Bytes.Length; offset += ViewWriter.ChunkBytes)
        {
            await writer.WriteChunkAsync(taken.Bytes.AsMemory(offset, Math.Min(ViewWriter.ChunkBytes, taken.Bytes.Length - offset)), cancellation);
        }

        await writer.EndGroupAsync(taken.Snapshot, cancellation);
    }

    /// <summary>Takes the state of a group from its leader; from another one anew, if that goes away meanwhile.</summary>
    private async Task<Outcome<SnapshotDescriptor>> TakeAsync(
        GroupEntry group,
        Func<ReplicaId, string, Task> begin,
        Func<ReadOnlyMemory<byte>, CancellationToken, Task> write,
        CancellationToken cancellation)
    {
        var since = time.GetTimestamp();
        while (true)
        {
            var outcome = await TakeOnceAsync(group, begin, write, cancellation);
            if (outcome is not Rejected<SnapshotDescriptor>
                {
                    Reason: RejectionReason.NoLeader or RejectionReason.Unreachable or RejectionReason.Overloaded
                }
                || time.GetElapsedTime(since) >= Patience)
            {
                return outcome;
            }

            await Task.Delay(Pause, time, cancellation);
        }
    }

    private async Task<Outcome<SnapshotDescriptor>> TakeOnceAsync(
        GroupEntry group,
        Func<ReplicaId, string, Task> begin,
        Func<ReadOnlyMemory<byte>, CancellationToken, Task> write,
        CancellationToken cancellation)
    {
        var view = await leaders.DescribeAsync(group, cancellation);
        if (view.Leader is not { } leader || group.Slot(leader).Silo is not { } silo)
        {
            return LeaderRequests.NoLeader<SnapshotDescriptor>(group);
        }

        BackupOpening opening;
        IBackupService service;
        try
        {
            service = client.Reach(silo);
            opening = await service.OpenAsync(new ReplicaName(group.Name, leader.Value)).WaitAsync(AnswerTimeout, time, cancellation);
        }
        catch (Exception exception) when (!cancellation.IsCancellationRequested)
        {
            return Lost(group, silo, exception.Message);
        }

        if (opening.Reply.Length == 0)
        {
            return LeaderRequests.NoLeader<SnapshotDescriptor>(group);
        }

        var reply = RequestCodec.DecodeReplies(opening.Reply).Replies[0];
        if (reply.Kind != ReplyKind.Committed)
        {
            return new Rejected<SnapshotDescriptor>(
                reply.Reason, reply.Leader, TimeSpan.FromMilliseconds(reply.RetryAfterMilliseconds), reply.Detail);
        }

        await begin(leader, silos.NameOf(silo));
        try
        {
            return await ReadAsync(group, silo, service, opening.Id, write, cancellation);
        }
        finally
        {
            service.CloseAsync(opening.Id).Ignore();
        }
    }

    private async Task<Outcome<SnapshotDescriptor>> ReadAsync(
        GroupEntry group,
        SiloAddress silo,
        IBackupService service,
        long id,
        Func<ReadOnlyMemory<byte>, CancellationToken, Task> write,
        CancellationToken cancellation)
    {
        // The next piece is on its way while one is written.
        var offset = 0L;
        var next = service.ReadAsync(id, offset);
        while (true)
        {
            BackupPiece? piece;
            try
            {
                piece = await next.WaitAsync(AnswerTimeout, time, cancellation);
            }
            catch (Exception exception) when (!cancellation.IsCancellationRequested)
            {
                return Lost(group, silo, exception.Message);
            }

            if (piece is null)
            {
                return Lost(group, silo, "it has let the state go");
            }

            offset += piece.Bytes.Length;
            if (piece.Snapshot is null)
            {
                next = service.ReadAsync(id, offset);
            }

            if (piece.Bytes.Length > 0)
            {
                await WritePiecesAsync(piece.Bytes, write, cancellation);
            }

            if (piece.Snapshot is { } snapshot)
            {
                return new Committed<SnapshotDescriptor>(SnapshotDescriptorCodec.Decode(snapshot), default, group.Name);
            }
        }
    }

    /// <summary>A piece may be a little longer than a record.</summary>
    private static async Task WritePiecesAsync(
        byte[] piece, Func<ReadOnlyMemory<byte>, CancellationToken, Task> write, CancellationToken cancellation)
    {
        for (var offset = 0; offset < piece.Length; offset += BackupFormat.ChunkBytesMax)
        {
            await write(piece.AsMemory(offset, Math.Min(BackupFormat.ChunkBytesMax, piece.Length - offset)), cancellation);
        }
    }

    private Rejected<SnapshotDescriptor> Lost(GroupEntry group, SiloAddress silo, string why) => new(
        RejectionReason.Unreachable, null, Pause, $"The state of {group.Name} could not be read from {silos.NameOf(silo)}: {why}.");

    /// <summary>A state that was taken before the backup began.</summary>
    private sealed record TakenState(string Group, SnapshotDescriptor Snapshot, byte[] Bytes);
}
