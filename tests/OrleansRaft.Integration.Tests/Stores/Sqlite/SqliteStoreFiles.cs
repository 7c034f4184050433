using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using OrleansRaft.Runtime;
using OrleansRaft.Runtime.Diagnostics;
using OrleansRaft.Runtime.Storage;
using OrleansRaft.Storage.TestKit;
using OrleansRaft.Sqlite;

namespace OrleansRaft.Integration.Tests.Stores.Sqlite;

/// <summary>Directories of SQLite stores for a test: stores that are written to, and what a silo that was killed leaves of them.</summary>
internal sealed class SqliteStoreFiles : IDisposable
{
    private readonly DirectoryInfo root = Directory.CreateTempSubdirectory("oraft-sqlite-");
    private int count;

    public static ReplicaKey Key { get; } = new("counters-0", new ReplicaId(1));

    public static ReplicaKey OtherKey { get; } = new("counters-1", new ReplicaId(1));

    private static ClusterDefinition Definition => new("contract", [new GroupSet("counters", 4, 3)], 1, []);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    /// <summary>The path of a directory that does not exist yet.</summary>
    public string NewPath() => Path.Combine(root.FullName, $"store-{++count}");

    public static async Task<SqliteLogStore> OpenAsync(string directory, ILogger? logger = null, AlarmBoard? alarms = null)
    {
        var store = SqliteLogStore.Open(new SqliteStoreOptions { Directory = directory }, TimeProvider.System, logger ?? NullLogger.Instance, alarms);
        try
        {
            await store.InitializeAsync(Definition, Cancellation);
            return store;
        }
        catch
        {
            await store.DisposeAsync();
            throw;
        }
    }

    /// <summary>Opens a store and its replica, appends entries one by one, each acknowledged, and goes on until the callback returns.</summary>
    public static async Task AppendAsync(string directory, int entries, Func<int, Task>? afterEach = null)
    {
        await using var store = await OpenAsync(directory);
        var replica = await OpenReplica.OpenAsync(store, Key);
        for (var i = 1; i <= entries; i++)
        {
            await replica.AppendAsync(1, $"entry {replica.Last.Index.Value + 1}");
            if (afterEach is not null)
            {
                await afterEach(i);
            }
        }
    }

    /// <summary>What a silo leaves that was killed after some acknowledged entries: its files as the operating system has them.</summary>
    public async Task<string> KillAfterAsync(int entries)
    {
        var (directory, image) = (NewPath(), "");
        await AppendAsync(directory, entries, i =>
        {
            image = i == entries ? Copy(directory) : image;
            return Task.CompletedTask;
        });
        return image;
    }

    /// <summary>Copies a directory.</summary>
    public string Copy(string directory)
    {
        var copy = Directory.CreateDirectory(NewPath()).FullName;
        foreach (var file in Directory.GetFiles(directory, "raft.*"))
        {
            CopyFile(file, Path.Combine(copy, Path.GetFileName(file)));
        }

        return copy;
    }

    /// <summary>Copies a file, whoever holds it.</summary>
    public static void CopyFile(string from, string to)
    {
        if (Path.GetFileName(from) == "raft.lock")
        {
            File.WriteAllText(to, "");
            return;
        }

        using var source = new FileStream(from, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        using var target = new FileStream(to, FileMode.Create, FileAccess.Write);
        source.CopyTo(target);
    }

    /// <summary>How many entries the replica has.</summary>
    public static async Task<int> CountAsync(string directory)
    {
        await using var store = await OpenAsync(directory);
        return (await OpenReplica.OpenAsync(store, Key)).Recovered.Entries.Count;
    }

    /// <summary>Runs a statement on a store that is closed, as somebody with a sqlite3 shell would.</summary>
    public static async Task<long?> ExecuteAsync(string directory, string sql)
    {
        await using var connection = new SqliteConnection($"Data Source={Path.Combine(directory, "raft.db")};Pooling=False");
        await connection.OpenAsync(Cancellation);
        await using var command = connection.CreateCommand();
#pragma warning disable CA2100 // Constants of the tests.
        command.CommandText = sql;
#pragma warning restore CA2100
        return await command.ExecuteScalarAsync(Cancellation) as long?;
    }

    /// <summary>Flips a bit of a file.</summary>
    public static void Flip(string file, long offset, int bit = 0)
    {
        using var stream = new FileStream(file, FileMode.Open);
        stream.Position = offset;
        var value = stream.ReadByte();
        stream.Position = offset;
        stream.WriteByte((byte)(value ^ (1 << bit)));
    }

    public static void Truncate(string file, long length)
    {
        using var stream = new FileStream(file, FileMode.Open);
        stream.SetLength(length);
    }

    public void Dispose() => root.Delete(recursive: true);
}
