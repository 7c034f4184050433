using System.Globalization;

namespace OrleansRaft.Lab.Scenarios;

/// <summary>What is done to a cluster, in words.</summary>
internal static class ScenarioActionText
{
    /// <summary>Describes a action.</summary>
    public static LocalizedText Of(ScenarioAction action, IReadOnlyList<string> nodes)
    {
        string Names(IEnumerable<int> some) => string.Join(", ", some.Select(node => nodes[node]));

        return action switch
        {
            NodesAction some => OfNodes(some.Kind, Names(some.Nodes)),
            LinkAction { Kind: "lose" } link =>
                new($"messages from {nodes[link.From]} to {nodes[link.To]} are lost", $"从 {nodes[link.From]} 到 {nodes[link.To]} 的消息丢失"),
            LinkAction link =>
                new($"the link between {nodes[link.From]} and {nodes[link.To]} is cut", $"{nodes[link.From]} 与 {nodes[link.To]} 之间的连接断开"),
            SplitAction split =>
                new($"the network splits: {Names(split.Side)} | {Names(split.Rest)}", $"网络分区：{Names(split.Side)} | {Names(split.Rest)}"),
            HealAction => new("the network heals", "网络恢复"),
            DelayAction delay => new(
                string.Create(
                    CultureInfo.InvariantCulture, $"messages from {nodes[delay.From]} to {nodes[delay.To]} take {delay.Takes.TotalMilliseconds} ms"),
                string.Create(CultureInfo.InvariantCulture, $"从 {nodes[delay.From]} 到 {nodes[delay.To]} 的消息需要 {delay.Takes.TotalMilliseconds} 毫秒")),
            TimeoutAction timeout => new(
                string.Join(", ", timeout.Timeouts.Select(one => $"{nodes[one.Node]} waits {one.Ticks} ticks before it stands")),
                string.Join("，", timeout.Timeouts.Select(one => $"{nodes[one.Node]} 的选举超时为 {one.Ticks} 个时钟周期"))),
            ClientAction client => OfClient(client, client.Via is { } via ? nodes[via] : null),
            _ => new(action.Kind, action.Kind),
        };
    }

    private static LocalizedText OfNodes(string kind, string names) => kind switch
    {
        "stop" => new($"{names} stops", $"{names} 停止"),
        "start" => new($"{names} starts again", $"{names} 重新启动"),
        "pause" => new($"{names} freezes", $"{names} 暂停"),
        "resume" => new($"{names} goes on", $"{names} 继续运行"),
        "campaign" => new($"{names} stands for election at once", $"{names} 立即参选"),
        _ => new($"{names} is cut off from all others", $"{names} 与其他节点隔离"),
    };

    private static LocalizedText OfClient(ClientAction client, string? via)
    {
        var times = client.Times > 1 ? $", {client.Times} times" : "";
        var timesZh = client.Times > 1 ? $"，共 {client.Times} 次" : "";
        return new(
            $"client {client.Client} sends {client.Text} to {via ?? "the leader"}{times}",
            $"客户端 {client.Client} 向 {via ?? "Leader"} 发送 {client.Text}{timesZh}");
    }
}
