using BenchmarkDotNet.Attributes;
using Microsoft.Extensions.Logging.Abstractions;
using OrleansRaft.Core;
using OrleansRaft.PostgreSql;
using OrleansRaft.Runtime;
using OrleansRaft.Runtime.Storage;
using OrleansRaft.Sqlite;
using OrleansRaft.Testbed.PostgreSql;

namespace OrleansRaft.Benchmarks.Micro;

/// <summary>One durable write of a block of 64 entries by one replica, fsync included.</summary>
[MemoryDiagnoser]
public class StoreBenchmarks
{
    private const int Entries = 64;

    private readonly string directory = Directory.CreateTempSubdirectory("oraft-micro-").FullName;
    private PostgresServer? postgres;
    private Writer sqlite = null!;
    private Writer postgresWriter = null!;

    [GlobalSetup]
    public async Task OpenAsync()
    {
        sqlite = await Writer.OpenAsync(
            SqliteLogStore.Open(new SqliteStoreOptions { Directory = directory }, TimeProvider.System, NullLogger.Instance));
        postgres = await PostgresServer.StartNewAsync();
        var options = new PostgreSqlStoreOptions { ConnectionStrings = [await postgres.CreateDatabaseAsync()] };
        postgresWriter = await Writer.OpenAsync(new PostgreSqlLogStore(options, TimeProvider.System, NullLogger.Instance));
    }

    [GlobalCleanup]
    public async Task CloseAsync()
    {
        await sqlite.DisposeAsync();
        await postgresWriter.DisposeAsync();
        await postgres!.DisposeAsync();
        Directory.Delete(directory, recursive: true);
    }

    [Benchmark(OperationsPerInvoke = Entries)]
    public Task Sqlite_writes_64_entries() => sqlite.WriteAsync();

    [Benchmark(OperationsPerInvoke = Entries)]
    public Task PostgreSql_writes_64_entries() => postgresWriter.WriteAsync();

    private sealed class Writer : IReplicaLogEvents, IAsyncDisposable
    {
        private readonly ILogStore store;
        private IReplicaLog log = null!;
        private EntryId last = EntryId.Zero;
        private PersistTicket ticket = PersistTicket.Zero;
        private TaskCompletionSource written = new(TaskCreationOptions.RunContinuationsAsynchronously);

        private Writer(ILogStore store) => this.store = store;

        public static async Task<Writer> OpenAsync(ILogStore store)
        {
            var writer = new Writer(store);
            await store.InitializeAsync(new ClusterDefinition("bench", [new GroupSet("group", 1, 1)], 1, []), CancellationToken.None);
            writer.log = await store.OpenAsync(new ReplicaKey("group-0", new ReplicaId(1)), writer, CancellationToken.None);
            return writer;
        }

        public Task WriteAsync()
        {
            var entries = new Entry[Entries];
            for (var place = 0; place < Entries; place++)
            {
                entries[place] = new Entry(new EntryId(new Term(1), last.Index + (place + 1)), EntryKind.Command, LogTime.Zero, new byte[64]);
            }

            written = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            ticket = ticket.Next;
            log.Write(new LogWrite(ticket, new HardState(new Term(1), null, last.Index), last, new EntryBlock(last, entries), null, null));
            last = entries[^1].Id;
            return written.Task;
        }

        public async ValueTask DisposeAsync()
        {
            await log.DisposeAsync();
            await store.DisposeAsync();
        }

        public void OnWritten(PersistTicket ticket) => written.SetResult();

        public void OnChunkStaged(EntryId lastIncluded, long nextOffset)
        {
        }

        public void OnChunkRead(ReadSnapshotChunk request, ReadOnlyMemory<byte>? data, bool isLast)
        {
        }

        public void OnSnapshotSaved(SnapshotDescriptor snapshot)
        {
        }

        public void OnSnapshotFailed(EntryId lastIncluded, MachineException cause)
        {
        }

        public void OnSnapshotLoaded(SnapshotDescriptor snapshot, SnapshotStream state)
        {
        }

        public void OnRightToSpeakChanged()
        {
        }

        public void OnStopped(LogStopReason reason, Exception cause) => written.TrySetException(cause);
    }
}
