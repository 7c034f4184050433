using System.Globalization;
using Npgsql;
using OrleansRaft.Benchmarks.Load;

namespace OrleansRaft.Benchmarks.Macro;

/// <summary><c>UPDATE ... SET v = v + 1</c> on PostgreSQL itself: one server, nothing replicated.</summary>
internal sealed class PostgresUpdates : ISystem
{
    public const string SystemName = "PostgreSQL UPDATE";
    public const string Increment = "increment";

    private readonly NpgsqlDataSource source;
    private readonly Tally tally = new();

    private PostgresUpdates(NpgsqlDataSource source)
    {
        this.source = source;
        Scenarios =
        [
            .. new[] { 1, Counters.Many }.Select(
                keys => new Scenario(Name, Increment, keys, (connections, times) => RunAsync(keys, connections, times))),
        ];
    }

    public string Name => SystemName;

    public IReadOnlyList<Scenario> Scenarios { get; }

    public static async Task<PostgresUpdates> StartAsync(string connectionString)
    {
        var system = new PostgresUpdates(
            NpgsqlDataSource.Create(connectionString + ";Maximum Pool Size=300;Max Auto Prepare=4;Auto Prepare Min Usages=1;No Reset On Close=true"));
        await using var command = system.source.CreateCommand(
            string.Create(
                CultureInfo.InvariantCulture,
                $"CREATE TABLE counter (id int PRIMARY KEY, v bigint NOT NULL) WITH (fillfactor = 50); "
                    + $"INSERT INTO counter SELECT n, 0 FROM generate_series(0, {Counters.Many}) n"));
        await command.ExecuteNonQueryAsync();
        return system;
    }

    public async Task<IReadOnlyList<string>> VerifyAsync()
    {
        await using var command = source.CreateCommand("SELECT sum(v)::bigint FROM counter");
        return [.. new[] { tally.Check("The rows that PostgreSQL incremented", (long)(await command.ExecuteScalarAsync())!) }.OfType<string>()];
    }

    public ValueTask DisposeAsync() => source.DisposeAsync();

    private async Task<LoadResult> RunAsync(int keys, int connections, LoadTimes times)
    {
        var open = new List<NpgsqlConnection>();
        try
        {
            for (var number = 0; number < connections; number++)
            {
                open.Add(await source.OpenConnectionAsync());
            }

            return tally.Add(await TaskLoad.RunAsync(connections, caller => UpdateAsync(open[caller], keys), times));
        }
        finally
        {
            foreach (var connection in open)
            {
                await connection.DisposeAsync();
            }
        }
    }

    private static async Task<OperationStep> UpdateAsync(NpgsqlConnection connection, int keys)
    {
        await using var command = connection.CreateCommand();
        command.CommandText = "UPDATE counter SET v = v + 1 WHERE id = $1 RETURNING v";
        command.Parameters.Add(new NpgsqlParameter<int> { TypedValue = keys == 1 ? Counters.Many : Random.Shared.Next(keys) });
        return await command.ExecuteScalarAsync() is long ? OperationStep.Done : OperationStep.Refused;
    }
}
