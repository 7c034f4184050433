using System.Globalization;
using System.Text;
using OrleansRaft.Runtime.Sessions;

namespace OrleansRaft.Runtime.Tests;

/// <summary>What request ids cost on a replica: what the table and its index keep, in bytes.</summary>
public sealed class RequestMemoryTests
{
    private const int ResultBytes = 12;
    private const int BytesMax = 100;

    /// <summary>Ids of 36 characters, with a small result, come and go in the order of the log. At each size: tables grow in steps.</summary>
    [Fact]
    public void A_request_id_costs_at_most_100_bytes()
    {
        var table = new RequestTable();
        for (var number = 1; number <= 100_000; number++)
        {
            Add(table, number);
            if (number >= 10_000 && number % 6_000 == 0)
            {
                BytesEach(table).ShouldBeLessThanOrEqualTo(BytesMax, $"of {number:N0}");
            }
        }
    }

    /// <summary>As in a group that has served for long: the oldest is forgotten when a new one comes.</summary>
    [Fact]
    public void A_request_id_costs_at_most_100_bytes_where_others_were_forgotten()
    {
        const int Kept = 20_000;
        var table = new RequestTable();
        for (var number = 1; number <= 4 * Kept; number++)
        {
            table.Expire(new LogTime(number - Kept));
            Add(table, number);
        }

        table.Count.ShouldBe(Kept);
        BytesEach(table).ShouldBeLessThanOrEqualTo(BytesMax);
    }

    [Fact]
    public void The_bytes_of_an_array_are_counted_once()
    {
        var array = new byte[1_000];

        HeapSize.Of(new object[] { array, array }).ShouldBe(24 + (2 * 8) + 24 + 1_000);
    }

    private static double BytesEach(RequestTable table) => (double)HeapSize.Of(table) / table.Count;

    private static void Add(RequestTable table, int number)
    {
        var id = "0b0e5f0c-7f2a-4f3e-9c4e-" + number.ToString("x12", CultureInfo.InvariantCulture);
        var record = new RequestRecord(new EntryId(new Term(3), new LogIndex(number)), (ulong)number * 0x9E3779B97F4A7C15)
        {
            Result = new byte[ResultBytes],
        };
        table.Add(Encoding.UTF8.GetBytes(id), default, new LogTime(number), record);
        table.Settle();
    }
}
